/** What share of a span somebody was listening, from `coverage`. A span on one venue and market says nothing of another. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { quotedString } from '@duckdb/node-api';
import type { AddFile } from '../../delta/log/actions.ts';
import { DAY_US, dayText } from '../../lake/timeframe.ts';
import { filesIn, type InputTable, selectOf } from './input-table.ts';

/** Of `coverage`: whose sockets. */
export type ListeningSource = 'bars' | 'liquidation';

export interface Market {
  readonly venue: string;
  readonly market: string;
}

interface Spans {
  readonly starts: number[];
  readonly ends: number[];
}

/** For a row without venue or market, from before these columns: of any. */
const ANY = '';

export class Listening {
  readonly #spans = new Map<string, Spans>();

  /** @param fromUs spans that ended before may be left out; microseconds since the epoch. */
  static async load(
    connection: DuckDBConnection,
    coverage: InputTable | undefined,
    source: ListeningSource,
    fromUs: number,
  ): Promise<Listening> {
    const listening = new Listening();
    if (coverage === undefined) return listening;
    // A span is no longer than a segment, and stands on the day when it began.
    const first = dayText(fromUs - DAY_US);
    const files = filesIn(coverage, ({ date }) => date === null || date === undefined || date >= first);
    if (files.length === 0) return listening;
    const rows = await connection.runAndReadAll(
      `SELECT venue, market, since, until, is_taken_back FROM (${await coverageSql(connection, coverage, files, source)})
       ORDER BY is_taken_back, since, until`,
    );
    for (const [venue, market, since, until, isTakenBack] of rows.getRows()) {
      const key = keyOf(String(venue), String(market));
      if (isTakenBack === true) listening.#takeBack(key, Number(since), Number(until));
      else listening.#add(key, Number(since), Number(until));
    }
    return listening;
  }

  /** The end of the newest span, 0 when there is none; microseconds since the epoch. */
  get untilUs(): number {
    return Math.max(0, ...[...this.#spans.values()].map(({ ends }) => ends.at(-1) ?? 0));
  }

  /** The end of the newest span of one market. */
  untilOf({ venue, market }: Market): number {
    const ends = [keyOf(venue, market), keyOf(ANY, ANY)].map((key) => this.#spans.get(key)?.ends.at(-1) ?? 0);
    return Math.max(...ends);
  }

  /** From 0 to 1; times in microseconds since the epoch. */
  share(market: Market, fromUs: number, untilUs: number): number {
    return this.sharesOf(market)(fromUs, untilUs);
  }

  /** The same for who asks often. */
  sharesOf({ venue, market }: Market): (fromUs: number, untilUs: number) => number {
    const all = [keyOf(venue, market), keyOf(ANY, ANY)]
      .map((key) => this.#spans.get(key))
      .filter((spans) => spans !== undefined);
    return (fromUs, untilUs) => shareOf(all, fromUs, untilUs);
  }

  /** Spans come in order of their start; those that touch become one. */
  #add(key: string, sinceUs: number, untilUs: number): void {
    let spans = this.#spans.get(key);
    if (spans === undefined) {
      spans = { starts: [], ends: [] };
      this.#spans.set(key, spans);
    }
    const last = spans.ends.length - 1;
    if (last >= 0 && sinceUs <= (spans.ends[last] as number)) {
      spans.ends[last] = Math.max(spans.ends[last] as number, untilUs);
      return;
    }
    spans.starts.push(sinceUs);
    spans.ends.push(untilUs);
  }

  /** What looked like listening and was found out not to be. */
  #takeBack(key: string, sinceUs: number, untilUs: number): void {
    const spans = this.#spans.get(key);
    if (spans === undefined) return;
    const kept: Spans = { starts: [], ends: [] };
    const keep = (start: number, end: number) => {
      if (end <= start) return;
      kept.starts.push(start);
      kept.ends.push(end);
    };
    for (const [at, start] of spans.starts.entries()) {
      const end = spans.ends[at] as number;
      keep(start, Math.min(end, sinceUs));
      keep(Math.max(start, untilUs), end);
    }
    this.#spans.set(key, kept);
  }
}

function shareOf(all: readonly Spans[], fromUs: number, untilUs: number): number {
  let heard = 0;
  for (const spans of all) {
    for (let at = firstEndingAfter(spans, fromUs); at < spans.starts.length; at++) {
      const start = spans.starts[at] as number;
      if (start >= untilUs) break;
      heard += Math.min(spans.ends[at] as number, untilUs) - Math.max(start, fromUs);
    }
  }
  return Math.min(1, heard / (untilUs - fromUs));
}

function keyOf(venue: string, market: string): string {
  return JSON.stringify([venue, market]);
}

function firstEndingAfter({ ends }: Spans, timeUs: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) <= timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows about listening, from some files: `venue`, `market`, `since`, `until`, `is_taken_back`. */
export async function coverageSql(
  connection: DuckDBConnection,
  coverage: InputTable,
  files: readonly AddFile[],
  source: ListeningSource,
): Promise<string> {
  const columns = new Set(coverage.snapshot.schema.fields.map(({ name }) => name));
  const named = (name: string) => (columns.has(name) ? `coalesce(${name}, '${ANY}')` : `'${ANY}'`);
  // A span that is unproven of one connection says nothing of the other.
  return `SELECT ${named('venue')} AS venue, ${named('market')} AS market, epoch_us(started_at)::DOUBLE AS since, epoch_us(ended_at)::DOUBLE AS until, state = 'unproven' AS is_taken_back
    FROM (${await selectOf(connection, coverage, files)})
    WHERE source = ${quotedString(source)} AND (state = 'listening' OR state = 'unproven' AND (connection = '' OR connection LIKE '%/'))`;
}
