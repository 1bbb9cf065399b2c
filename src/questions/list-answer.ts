/** What every list of the API is made of, in whatever format it leaves. */
import type { ResultTable } from './result-table.ts';

export interface Hole {
  /** Inclusive and exclusive, ISO times in UTC. */
  readonly from: string;
  readonly to: string;
  readonly [fact: string]: string | null;
}

export interface ListAnswer {
  readonly rows: ResultTable;
  /** Where the next page begins; undefined for the last one. */
  readonly next: Position | undefined;
  /** Microseconds since the epoch up to which the answer holds all that there is; undefined when nobody knows. */
  readonly completeUntilUs: bigint | undefined;
  readonly holes: readonly Hole[];
  /** Something that the reader of the figures must know, such as that they are lower bounds. */
  readonly note?: string;
}

/** In a cursor, beside the versions: the time of the last row, or how many rows came before. */
export type Position =
  | { readonly afterUs: bigint }
  | { readonly beforeUs: bigint }
  | { readonly offset: number };

export interface Page {
  readonly limit: number;
  readonly position: Position | undefined;
  readonly signal: AbortSignal;
}

/** A span of time in microseconds since the epoch; an end that is undefined is open. */
export interface Span {
  readonly fromUs: bigint | undefined;
  readonly toUs: bigint | undefined;
}

export function isoOf(us: bigint): string {
  const ms = us / 1000n;
  return `${new Date(Number(ms)).toISOString().slice(0, -1)}${String(us - ms * 1000n).padStart(3, '0')}Z`;
}

/** Of a time that {@link isoOf} wrote. */
export function microsOf(iso: string): bigint {
  return BigInt(Date.parse(`${iso.slice(0, 23)}Z`)) * 1000n + BigInt(iso.slice(23, 26));
}
