/** The newest rows of all series of a table and timeframe in memory, kept up with the log by reading only what was added. */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { AddFile } from '../../delta/log/actions.ts';
import { readCommit } from '../../delta/log/load-snapshot.ts';
import { commitName } from '../../delta/log/log-path.ts';
import type { LakeTable } from '../../lake/table.ts';
import type { Predicate } from '../../query/skipping/predicate.ts';
import type { PinnedLake } from '../pinned-lake.ts';
import type { ResultTable } from '../result-table.ts';
import { equals, timePredicate } from '../time-predicate.ts';
import { CODE_RANGE, type RowLayout, selectList, textColumns } from './row-layout.ts';
import { SeriesRows } from './series-rows.ts';

export interface RecentTableOptions {
  readonly table: LakeTable;
  readonly layout: RowLayout;
  readonly timeframe: string | undefined;
  readonly fromUs: number;
  /** Rows of a series that stay. */
  readonly keep: number;
  readonly maxBytes: number;
}

/** More commits than these are read anew at once. */
const MAX_COMMITS = 100;

export class RecentTable {
  readonly layout: RowLayout;
  readonly fromUs: number;
  readonly #options: RecentTableOptions;
  readonly #series = new Map<string, SeriesRows>();
  readonly texts: (string | null)[] = [null];
  readonly #codes = new Map<string, number>();
  version = -1;

  constructor(options: RecentTableOptions) {
    this.#options = options;
    this.layout = options.layout;
    this.fromUs = options.fromUs;
  }

  get bytes(): number {
    let sum = 0;
    for (const { cells } of this.#series.values()) sum += cells.byteLength;
    return sum;
  }

  all(): Iterable<SeriesRows> {
    return this.#series.values();
  }

  series(key: string): SeriesRows | undefined {
    return this.#series.get(key);
  }

  /** @throws {@link DoesNotFit}, LakeError. */
  async load(lake: PinnedLake, signal: AbortSignal): Promise<void> {
    const { table, timeframe } = this.#options;
    const parts = timePredicate(table, { fromUs: BigInt(this.fromUs), toUs: undefined });
    if (timeframe !== undefined) parts.push(equals('timeframe', timeframe));
    await this.#read(lake, { kind: 'and', parts }, signal);
    this.version = lake.versions[table.name] ?? -1;
  }

  /** @throws {@link DoesNotFit} when what is in memory has to be read anew. */
  async follow(lake: PinnedLake, signal: AbortSignal): Promise<void> {
    const { table } = this.#options;
    const pinned = lake.table(table.name);
    const version = pinned?.snapshot.version ?? -1;
    if (pinned === undefined || version - this.version > MAX_COMMITS) throw new DoesNotFit();
    const added: AddFile[] = [];
    for (let next = this.version + 1; next <= version; next++) {
      for (const action of await readCommit(pinned.store, commitName(next))) {
        if ('metaData' in action || ('remove' in action && action.remove.dataChange)) throw new DoesNotFit();
        if ('add' in action && action.add.dataChange) added.push(action.add);
      }
    }
    if (added.length > 0) await this.#read(lake, added, signal);
    this.version = version;
  }

  async #read(lake: PinnedLake, scan: Predicate | readonly AddFile[], signal: AbortSignal): Promise<void> {
    const { table, layout, timeframe, keep, maxBytes } = this.#options;
    const isOfTimeframe = timeframe === undefined ? '' : ' AND timeframe = $timeframe';
    const from = `FROM ${table.name} WHERE ${layout.timeColumn} >= make_timestamptz(${this.fromUs})${isOfTimeframe}`;
    const values: Record<string, string> = timeframe === undefined ? {} : { timeframe };
    const query = { values, scans: { [table.name]: scan }, signal };
    const texts = textColumns(layout);
    const groups = await lake.query({
      ...query,
      sql: `SELECT ${texts.join(', ')}, count(*) ${from} GROUP BY ALL`,
    });
    const lists = texts.map((_, index) => [
      ...new Set((groups.columns[index] ?? []).filter((text) => text !== null).map(String)),
    ]);
    this.#makeRoom(groups);
    if (this.bytes > maxBytes || this.texts.length + lists.flat().length > CODE_RANGE) throw new DoesNotFit();
    const series = (lists[0] ?? []).map((key) => this.#seriesOf(key));
    const codes = lists.slice(1).map((list) => list.map((text) => this.#codeOf(text)));
    let fits = true;
    await lake.chunks({ ...query, sql: `SELECT ${selectList(layout, lists)} ${from}` }, (chunk) => {
      fits = this.#take(chunk, series, codes);
      return fits;
    });
    if (!fits) throw new DoesNotFit();
    for (const rows of this.#series.values()) rows.settle(keep);
  }

  #makeRoom({ columns, rowCount }: ResultTable): void {
    const counts = new Map<string, number>();
    for (let row = 0; row < rowCount; row++) {
      const key = String(columns[0]?.[row]);
      counts.set(key, (counts.get(key) ?? 0) + Number(columns.at(-1)?.[row]));
    }
    for (const [key, count] of counts) this.#seriesOf(key).reserve(count);
  }

  /** @returns false for a row that does not fit. */
  #take(
    chunk: DuckDBDataChunk,
    series: readonly SeriesRows[],
    codes: readonly (readonly number[])[],
  ): boolean {
    const { width } = this.layout;
    const vectors = Array.from({ length: chunk.columnCount }, (_, index) =>
      numbersOf(chunk.getColumnVector(index)),
    );
    const places = vectors.slice(0, 1 + codes.length);
    const values = vectors.slice(1 + codes.length, -1);
    const [seriesPlaces, ...codePlaces] = places;
    const odd = vectors.at(-1);
    const { rowCount } = chunk;
    for (let row = 0; row < rowCount; row++) {
      const rows = series[seriesPlaces?.[row] ?? -1];
      if (rows === undefined || odd?.[row] !== 0) return false;
      const at = rows.add(values[0]?.[row] as number);
      const { cells } = rows;
      for (let index = 0; index < values.length; index++) cells[at + index] = values[index]?.[row] as number;
      let packed = 0;
      for (let index = codes.length - 1; index >= 0; index--)
        packed = packed * CODE_RANGE + (codes[index]?.[codePlaces[index]?.[row] ?? -1] ?? 0);
      cells[at + width - 1] = packed;
    }
    return true;
  }

  #seriesOf(key: string): SeriesRows {
    const known = this.#series.get(key);
    if (known) return known;
    const made = new SeriesRows(this.layout.width, this.fromUs);
    this.#series.set(key, made);
    return made;
  }

  #codeOf(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    this.texts.push(text);
    this.#codes.set(text, this.texts.length - 1);
    return this.texts.length - 1;
  }
}

/** The rows are too many, or of a kind that memory does not tell exactly: then the files are asked. */
export class DoesNotFit extends Error {}

function numbersOf(vector: object): Float64Array {
  const { items } = vector as { items?: unknown };
  if (items instanceof Float64Array) return items;
  throw new TypeError('a column of recent rows is not made of doubles');
}
