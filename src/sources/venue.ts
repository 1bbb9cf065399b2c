/** What holds for all sources of one venue: its addresses, its limits, and where it tells the time. */
import type { Setting } from '../base/setting.ts';
import type { VenueLimits } from '../network/http/venue-limits.ts';
import type { InstrumentList } from './instrument-list.ts';
import type { Source } from './source.ts';

export interface ServerTime {
  url(addresses: Readonly<Record<string, string>>): string;
  readonly weight: number;
  /** @returns milliseconds since the epoch, or undefined when the answer does not tell. */
  parse(body: string): number | undefined;
}

/** A route that `doctor --network` asks, as lightly as it can be asked. */
export interface RestRoute {
  /** `spot REST`. */
  readonly name: string;
  readonly weight: number;
  url(addresses: Readonly<Record<string, string>>): string;
  /** Whether the answer is what such a route answers. */
  isGood(body: string): boolean;
}

export interface Venue {
  /** The column `venue` of the tables. */
  readonly name: string;
  /** For people: `Binance`. */
  readonly title: string;
  /** Its addresses. */
  readonly settings: readonly Setting[];
  readonly limits: VenueLimits;
  /** Absent where nothing tells the time: the clock is not compared then. */
  readonly serverTime?: ServerTime;
  readonly routes: readonly RestRoute[];
  /** What is traded there, for the watch list. */
  readonly instruments?: InstrumentList;
  readonly sources: readonly Source[];
}
