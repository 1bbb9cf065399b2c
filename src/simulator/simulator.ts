/** What a running simulator offers, and how it is set up. */
import type { Clock } from '../base/clock.ts';
import type { printBar } from './bars/tape-bar.ts';
import type { TapeMarket } from './bars/tape-symbol.ts';
import type { Fault, TimedFault } from './faults/fault.ts';
import type { ForcedOrder } from './market/forced-order.ts';
import type { LoggedRequest } from './rest/request-log.ts';
import type { RecordedResponse } from './rest/rest-server.ts';
import type { WeightLimits } from './rest/weight-ledger.ts';
import type { FloodRange } from './truth/flood-record.ts';
import type { Span, TrueConnection, TrueLiquidation } from './truth/truth-record.ts';

export interface SimulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The same seed gives the same market. Default 1. */
  readonly seed?: number;
  /** How many contracts (default 500), or which. */
  readonly symbols?: number | readonly string[];
  /**
   * - `natural` (default): calm, quiet spells and cascades, deterministic by seed.
   * - `steady`: `framesPerSecond` orders every second.
   * - `flood`: pre-serialised frames, each with another order, as fast as each client reads (or `framesPerSecond`).
   * - `none`: only what is pushed.
   * - `replay`: an NDJSON file of frames.
   */
  readonly market?: 'natural' | 'steady' | 'flood' | 'none' | ReplayOptions;
  /** Mean of a natural market (default 5), rate of a steady one, limit of a flood (default none). */
  readonly framesPerSecond?: number;
  /** How much faster than the clock the market goes; Infinity is allowed for a replay. Default 1. */
  readonly speed?: number;
  /** The market ends after so many orders; of a flood: a connection's. */
  readonly maxOrders?: number;
  /** The market starts when so many connections listen. Default 1 for a replay, else 0. */
  readonly waitForListeners?: number;
  /**
   * `varied`: connections differ in `E` and in the last fill of an order, as in reality. Default `identical` for a
   * replay, else `varied`.
   */
  readonly deliveries?: 'identical' | 'varied';
  /** Default 1000: the canary's period. */
  readonly canaryIntervalMs?: number;
  /** Default 180,000, as futures do. A pong confirms to `truth()` what had been sent. */
  readonly pingIntervalMs?: number;
  /** Default 24 hours. */
  readonly maxConnectionAgeMs?: number;
  readonly weightLimits?: Partial<WeightLimits>;
  /** Answers to serve instead of made-up ones, by path with query or by path. */
  readonly responses?: Readonly<Record<string, RecordedResponse>>;
  /** Faults at their times. */
  readonly faults?: readonly TimedFault[];
  readonly clock?: Clock;
}

export interface ReplayOptions {
  /** NDJSON: whole frames, events without `E`, or bare `o` objects. */
  readonly replay: string;
  /** `recorded` (default), or `now`: the middle of the recording is moved to the present. */
  readonly times?: 'recorded' | 'now';
}

export interface SimulatorTruth {
  /** Every distinct liquidation that was sent to someone; those of a flood are counted in `flood`. */
  readonly liquidations: readonly TrueLiquidation[];
  readonly connections: readonly TrueConnection[];
  /** When at least one connection was fed. */
  readonly fed: readonly Span[];
  /** What a replay added to the recorded trade times. */
  readonly timeShiftMs: number;
  readonly flood?: {
    readonly distinct: number;
    readonly connections: readonly FloodRange[];
    readonly orderAt: (sequence: number) => ForcedOrder;
  };
  /** Malformed frames that were sent, by their names in the catalogue. */
  readonly malformed: ReadonlyArray<{ readonly connection: number; readonly name: string }>;
}

export interface SentFrames {
  /** Orders with different natural keys over all connections. */
  readonly distinct: number;
  readonly connections: ReadonlyArray<{
    readonly connection: number;
    readonly frames: number;
    readonly distinct: number;
  }>;
}

export interface SimulatorStats {
  readonly openConnections: number;
  /** Handshakes that succeeded so far. */
  readonly connections: number;
  /** Handshakes that were refused so far. */
  readonly refusedHandshakes: number;
  /** REST requests so far, by path. */
  readonly requests: Readonly<Record<string, number>>;
  /** The last 10,000 REST requests and refused handshakes. */
  readonly lastRequests: readonly LoggedRequest[];
  readonly distinctOrders: number;
  /** The market has sent all that it has. */
  readonly marketEnded: boolean;
}

/** Numbers as the exchange prints them; ids are −1 when there was no trade. */
export interface TrueBar extends ReturnType<typeof printBar> {
  readonly firstTradeId: number;
  readonly lastTradeId: number;
}

export interface Simulator {
  readonly port: number;
  /** `ws://host:port`, to which routes are appended. */
  readonly wsUrl: string;
  /** `http://host:port`, for spot, USDⓈ-M and COIN-M alike. */
  readonly restUrl: string;
  /** Where the streams of spot and of COIN-M are. */
  readonly spotWsUrl: string;
  readonly coinmWsUrl: string;
  /** The exchange's time in milliseconds since the epoch. */
  nowMs(): number;
  /** The true bar of a minute, whatever faults there were; undefined for a symbol that is not traded. */
  bar(market: TapeMarket, symbol: string, openTimeMs: number): TrueBar | undefined;
  stats(): SimulatorStats;
  sentFrames(): SentFrames;
  truth(): SimulatorTruth;
  /**
   * Sends an order to all who listen (part of the truth), or a text as it stands (not part of it) to them and to those of
   * the stream that its envelope names.
   */
  push(frame: ForcedOrder | string): void;
  /** A made-up order of now, for `push`. */
  makeOrder(): ForcedOrder;
  /** Begins a fault; the function that it returns ends a lasting one. */
  setFault(fault: Fault, options?: { readonly durationMs?: number }): () => void;
  /** Sends a ping to everyone and waits for the pongs: afterwards all that was sent is confirmed. */
  confirm(timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
}
