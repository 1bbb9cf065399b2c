/**
 * File statistics (`add.stats`): the one place where they are read and made. They are optional, and other writers may
 * have made them: what is not understood is as good as absent. Source: Delta protocol, "Per-file Statistics".
 */
import type { AddFile, Int64 } from '../log/actions.ts';
import { parseJson, stringifyJson } from '../log/json.ts';

export type StatsValues = Readonly<Record<string, unknown>>;

/** By the names of the log; fields of structs lie in objects of their own. */
export interface FileStats {
  /** Also rows that a deletion vector names. */
  readonly numRecords?: Int64 | undefined;
  readonly minValues: StatsValues;
  readonly maxValues: StatsValues;
  readonly nullCount: StatsValues;
}

const NONE: FileStats = { minValues: {}, maxValues: {}, nullCount: {} };

export function readStats({ stats }: Pick<AddFile, 'stats'>): FileStats {
  if (stats === undefined) return NONE;
  let parsed: unknown;
  try {
    parsed = parseJson(stats);
  } catch {
    return NONE;
  }
  const { numRecords, minValues, maxValues, nullCount } = valuesOf(parsed);
  const isCount = typeof numRecords === 'bigint' || Number.isSafeInteger(numRecords);
  // One shape for all of them: a spread costs as much as the parsing.
  return {
    numRecords: isCount ? (numRecords as Int64) : undefined,
    minValues: valuesOf(minValues),
    maxValues: valuesOf(maxValues),
    nullCount: valuesOf(nullCount),
  };
}

function valuesOf(value: unknown): StatsValues {
  return typeof value === 'object' && value !== null ? (value as StatsValues) : {};
}

/** @returns the rows that a file still has, without those that a deletion vector names; undefined where nothing tells. */
export function rowCountOf(add: Pick<AddFile, 'stats' | 'deletionVector'>): number | undefined {
  const { numRecords } = readStats(add);
  return numRecords === undefined
    ? undefined
    : Number(numRecords) - Number(add.deletionVector?.cardinality ?? 0);
}

/** @returns all rows of some files; undefined when one of them does not tell. */
export function totalRows(adds: Iterable<Pick<AddFile, 'stats' | 'deletionVector'>>): number | undefined {
  let total = 0;
  for (const add of adds) {
    const rows = rowCountOf(add);
    if (rows === undefined) return undefined;
    total += rows;
  }
  return total;
}

/** @returns milliseconds since the epoch of a bound of a column of times; undefined where nothing tells. */
export function timeBoundMs(values: StatsValues, column: string): number | undefined {
  const bound = values[column];
  const ms = typeof bound === 'string' ? Date.parse(bound) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** @returns the text for `add.stats`. */
export function statsText(stats: FileStats): string {
  // In one piece: tables that are open hold it for as long as the file is live, and what made it leaves a tree of pieces.
  return Buffer.from(stringifyJson(stats)).toString();
}

/**
 * The tag of a file whose writer leaves out the bounds of a floating-point column that holds NaN, in the log and in the
 * footer. Others leave out NaN itself, which SQL holds greater than every number: their upper bounds are none.
 */
const NAN_TAG = 'CRYPTO_LAKE_NAN';
export const NAN_TAGS: Readonly<Record<string, string>> = { [NAN_TAG]: 'unbounded' };

export function isNanUnbounded({ tags }: Pick<AddFile, 'tags'>): boolean {
  return tags?.[NAN_TAG] === NAN_TAGS[NAN_TAG];
}
