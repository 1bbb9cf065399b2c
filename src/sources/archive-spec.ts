/** Files of past days and months that a venue offers for download. */
import type { Bar } from '../bars/bar.ts';
import type { AggregateTrade } from './aggregate-trade.ts';

export interface ArchivePeriod {
  readonly market: string;
  readonly symbol: string;
  /** `2026-11-20`, or `2026-11` for a month. */
  readonly period: string;
}

export interface ArchiveSpec<T> {
  /** What people must know before they use it. */
  readonly licence: string;
  readonly markets: readonly string[];
  fileUrl(addresses: Readonly<Record<string, string>>, file: ArchivePeriod): string;
  /** @returns the SHA-256 that stands beside a file; undefined when the text has none. */
  checksum(text: string): string | undefined;
  /** @returns what the file holds, or what is wrong with a line. @throws LakeError EXCHANGE_NONSENSE. */
  read(file: Uint8Array, name: string, of: ArchivePeriod): Promise<Iterable<T | string>>;
}

export type BarArchive = ArchiveSpec<Bar>;
export type TradeArchive = ArchiveSpec<AggregateTrade>;
