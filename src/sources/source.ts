/**
 * A source is one ordered stream of a venue's data with its own spool folder, lock and Delta `appId`. Everything about it
 * stands in one object, in the folder of its venue: how to connect, what to ask, and what a payload means. Whatever
 * collects, stores, checks or shows sources walks the registry; adding one changes nothing else.
 */
import type { Facts, SideFact } from '../base/facts.ts';
import type { LakeTable, SegmentTable } from '../lake/table.ts';
import type { FeedSpec } from '../network/websocket/feed-spec.ts';
import type { SpoolRecord } from '../spool/segments/record.ts';
import type { BarArchive, TradeArchive } from './archive-spec.ts';
import type { HistorySpec } from './history-spec.ts';
import type { PollSpec } from './poll-spec.ts';
import type { Rows } from './rows.ts';
import type { TradeHistorySpec } from './trade-history-spec.ts';

export interface Source {
  /** Name of its spool folder, its lock and its `appId`; never changed, since lakes carry it. */
  readonly id: string;
  readonly venue: string;
  /** The command that collects it: `liquidations` collects those of every chosen venue. */
  readonly command: string;
  /** The column `source` of `coverage` and `quarantine`. */
  readonly coverageSource: string;
  /** The tables that `decode` fills, besides `quarantine` and `coverage`; the first is what status texts count. */
  readonly tables: readonly [SegmentTable, ...SegmentTable[]];
  /** What the stream is of all that happens: totals of a sample are lower bounds. */
  readonly completeness?: { readonly isSample: boolean; readonly note: string };
  readonly feed?: FeedSpec;
  readonly poll?: PollSpec;
  /** For a source of bars. */
  readonly history?: HistorySpec;
  /** For a source of trades. */
  readonly tradeHistory?: TradeHistorySpec;
  readonly tradeArchive?: TradeArchive;
  /** Files of its past, where the venue offers some. */
  readonly barArchive?: BarArchive;
  readonly facts?: readonly SideFact[];
  /** What two deliveries of one thing have in common; absent where nothing comes twice. */
  readonly dedup?: Dedup;
  /**
   * One record of the spool, a frame or a response, → rows of the tables, or a reason for quarantine. A pure function of
   * the record and the facts: a replay gives the same rows. It never throws for what came from outside.
   */
  decode(record: SpoolRecord, facts: Facts, rows: Rows): void;
}

export interface Dedup {
  readonly table: LakeTable;
  /** The columns of a row that its key is made of, to fill the window from the table after a start. */
  readonly columns: readonly string[];
  /** Where deliveries may be further apart than the setting allows for. */
  readonly leastWindowMs?: number;
  /** The column that holds the time of receipt, or one that is close to it. */
  readonly receivedAt: string;
  /** @param row cells by column, times in microseconds. @returns false for a row that cannot come again. */
  hashRow(row: Readonly<Record<string, unknown>>, hash: Uint32Array): boolean;
}
