/**
 * Rows of a series straight out of the row groups that have them. For the rows of a chart a query costs more than it reads:
 * it is planned, and makes values of all rows of a group. What is not plain is left to SQL: deletion vectors, mapped
 * columns, corrected bars, values that numbers do not tell, files that are many, or not on this machine.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { partitionValueOf } from '../../delta/format/partition-value.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { dataPath } from '../../delta/store/data-path.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import type { LakeTable } from '../../lake/table.ts';
import type { DataFooter, StoredGroup } from '../../parquet/data-footer.ts';
import { DataFooters } from '../../parquet/data-footers.ts';
import { loadZstd } from '../../parquet/zstd.ts';
import type { Predicate } from '../../query/skipping/predicate.ts';
import type { Span } from '../list-answer.ts';
import type { PinnedTable } from '../open-tables.ts';
import { RecentRows } from '../recent/recent-rows.ts';
import { CODE_RANGE, layOut } from '../recent/row-layout.ts';
import type { SeriesSource } from '../series-source.ts';
import { chooseGroups, type Wanted } from './choose-groups.ts';
import { GroupColumns, groupRows, type RowShape, wantedRows } from './group-rows.ts';
import { inTimeOrder } from './in-time-order.ts';

/** More than this SQL reads by several threads, and leaves the event loop alone meanwhile. */
const MOST_FILES = 32;
const MOST_GROUPS = 32;
const LARGEST_GROUP_BYTES = 4 * 2 ** 20;
const DAY_MS = 86_400_000;

interface ChosenGroup {
  readonly add: AddFile;
  readonly path: string;
  readonly footer: DataFooter;
  readonly group: StoredGroup;
}

/** Tables at pinned versions. */
export interface DirectLake {
  table(name: string): PinnedTable | undefined;
  /** The files of a table that may have such rows. */
  filesFor(name: string, predicate: Predicate): readonly AddFile[];
}

export interface DirectQuestion {
  readonly source: SeriesSource;
  readonly span: Span;
  /** What files may be skipped by. */
  readonly predicate: (table: LakeTable) => Predicate;
  /** So many of the first rows of the span, or of the last ones. */
  readonly count: number;
  readonly isBackward: boolean;
  readonly signal: AbortSignal;
}

export class DirectReader {
  readonly #footers = new DataFooters();
  /** One group at a time: what is read of it goes into the same memory. */
  #turn: Promise<unknown> = Promise.resolve();
  #buffer = Buffer.alloc(0);

  /** @returns undefined for what only SQL answers, errors included. */
  async rows(lake: DirectLake, question: DirectQuestion): Promise<RecentRows | undefined> {
    try {
      return await this.#rows(lake, question);
    } catch {
      return undefined;
    }
  }

  async #rows(lake: DirectLake, question: DirectQuestion): Promise<RecentRows | undefined> {
    const { source, span, predicate, count, isBackward, signal } = question;
    const { table, series, filters, stepUs, correctedBy } = source;
    const snapshot = lake.table(table.name)?.snapshot;
    const layout = snapshot && layOut(snapshot, table.timeColumn, Number(stepUs));
    if (layout === undefined) return undefined;
    const stored = new Set(layout.columns.map(({ name }) => name));
    // A table of an older version of the program is given columns that it does not have.
    if (Object.keys(table.columns).some((name) => !stored.has(name))) return undefined;
    const wanted: Wanted = {
      ...series,
      fromUs: Number(span.fromUs ?? Number.NEGATIVE_INFINITY),
      toUs: Number(span.toUs ?? Number.POSITIVE_INFINITY),
    };
    const groups = await this.#choose(lake, table, predicate(table), wanted);
    const corrections =
      correctedBy && (await this.#choose(lake, correctedBy, predicate(correctedBy), wanted));
    if (groups === undefined || (correctedBy && corrections === undefined)) return undefined;
    await loadZstd();
    for (const group of corrections ?? []) {
      const isNone = (columns: GroupColumns) => wantedRows(columns, wanted, table.timeColumn).length === 0;
      if (!(await this.#read(group, signal, isNone))) return undefined;
    }
    const texts: (string | null)[] = [null];
    const codes = new Map<string | null, number>([[null, 0]]);
    const codeOf = (text: string | null) => {
      const known = codes.get(text);
      if (known !== undefined) return known;
      if (texts.length >= CODE_RANGE) throw new RangeError('too many texts');
      codes.set(text, texts.length);
      return texts.push(text) - 1;
    };
    const { venue, market, symbol } = series;
    const shared = { venue, market, symbol, timeframe: filters.timeframe ?? '1m' };
    const pieces: Float64Array[] = [];
    for (const group of groups) {
      const { timeframe } = shared;
      const partitions = partitionsOf(group.add, table, filters);
      const isPartition = (name: string) => table.partitionBy.includes(name);
      const shape: RowShape = { layout, timeframe, codeOf, partitions, isPartition };
      const rowsOf = (columns: GroupColumns) =>
        groupRows(columns, wantedRows(columns, wanted, table.timeColumn), shape);
      pieces.push(await this.#read(group, signal, rowsOf));
    }
    const { width } = layout;
    const cells = inTimeOrder(pieces, width);
    const rows = cells.length / width;
    const kept = Math.min(rows, count);
    const from = isBackward ? rows - kept : 0;
    const facts = { shared, texts };
    return new RecentRows({
      cells,
      width,
      from,
      to: from + kept,
      layout,
      facts,
    });
  }

  /** @returns undefined where they are too many, or not plain. */
  async #choose(
    lake: DirectLake,
    table: LakeTable,
    predicate: Predicate,
    wanted: Wanted,
  ): Promise<readonly ChosenGroup[] | undefined> {
    const pinned = lake.table(table.name);
    if (pinned === undefined) return [];
    const { store, snapshot } = pinned;
    const isMapped = (snapshot.metadata.configuration['delta.columnMapping.mode'] ?? 'none') !== 'none';
    const files = lake.filesFor(table.name, predicate);
    if (isMapped || files.length > MOST_FILES) return undefined;
    const chosen: ChosenGroup[] = [];
    for (const add of files) {
      const path = plainPath(add, store);
      if (path === undefined) return undefined;
      const footer = await this.#footers.footerOf(path, ['symbol', table.timeColumn]);
      for (const group of chooseGroups(footer, wanted)) chosen.push({ add, path, footer, group });
      if (chosen.length > MOST_GROUPS) return undefined;
    }
    return chosen;
  }

  /** @param take what is wanted of the group, before anything else is read. */
  #read<T>(
    { path, footer, group }: ChosenGroup,
    signal: AbortSignal,
    take: (columns: GroupColumns) => T,
  ): Promise<T> {
    const reading = this.#turn.then(async () => {
      signal.throwIfAborted();
      const [start, end] = extentOf(group);
      if (end - start > LARGEST_GROUP_BYTES) throw new Error('a row group that is too large');
      if (this.#buffer.length < end - start) this.#buffer = Buffer.allocUnsafeSlow(end - start);
      const bytes = this.#buffer.subarray(0, end - start);
      const file = await open(path);
      try {
        await fill(bytes, file, start);
      } finally {
        await file.close();
      }
      return take(new GroupColumns({ footer, group, bytes, startByte: start }));
    });
    this.#turn = reading.catch(() => undefined);
    return reading;
  }
}

async function fill(bytes: Buffer, file: FileHandle, start: number): Promise<void> {
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  if (bytesRead < bytes.length) throw new Error('a file that ends too early');
}

/** Columns of a group lie one behind the other. */
function extentOf({ chunks }: StoredGroup): readonly [number, number] {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (let at = 0; at < chunks.length; at += 2) {
    start = Math.min(start, chunks[at] as number);
    end = Math.max(end, (chunks[at] as number) + (chunks[at + 1] as number));
  }
  return [start, end];
}

/** @returns undefined for a file of which some rows are deleted, or that is not in the table's own folder. */
function plainPath(add: AddFile, store: TableStore): string | undefined {
  if (store.folder === undefined || add.deletionVector !== undefined) return undefined;
  const { path, isInTable } = dataPath(add, store);
  return isInTable ? path : undefined;
}

/** @throws Error for a value that is not just what was asked for, or no date. */
function partitionsOf(
  add: AddFile,
  { partitionBy, columns }: LakeTable,
  filters: Readonly<Record<string, string>>,
): Record<string, number> {
  const days: Record<string, number> = {};
  for (const name of partitionBy) {
    const value = partitionValueOf(add, name);
    if (columns[name] !== 'date') {
      if (value === null || value !== filters[name]) throw new Error('another partition');
      continue;
    }
    const day = /^\d{4}-\d{2}-\d{2}$/.test(value ?? '')
      ? Date.parse(`${value}T00:00:00Z`) / DAY_MS
      : Number.NaN;
    if (!Number.isInteger(day)) throw new Error('a partition that is no date');
    days[name] = day;
  }
  return days;
}
