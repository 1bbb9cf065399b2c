/**
 * The liquidation feed: one or two slots that cover each other. Rotations are staggered and never coincide; when
 * liquidations alone fall silent while the connections live, the span is called unproven and they are replaced one
 * after the other, since the route may be dead though the connection is not.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import type { FrameKind } from '../../sources/binance/frame-kind.ts';
import type { HostLimits } from '../http/host-limits.ts';
import type { ProxySettings } from '../proxy-rules.ts';
import { type ConnectionState, isHearing } from './connection-machine.ts';
import { FEED_TIMEOUTS, type FeedTimeouts } from './feed-timeouts.ts';
import { ReconnectingSocket } from './reconnecting-socket.ts';

export interface RedundantFeedOptions {
  /** The base address; `/market/stream?streams=…` is appended. */
  readonly baseUrl: string;
  readonly sockets: 1 | 2;
  readonly gates: HostLimits;
  readonly proxies?: ProxySettings | undefined;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly timeouts?: FeedTimeouts;
  /** A connection older than this is replaced; the exchange closes it at 24 h. Default 23 h. */
  readonly maxAgeMs?: number;
  readonly unprovenAfterMs: number;
  readonly onMessage: (connection: string, data: Buffer, isBinary: boolean, receivedAtUs: number) => void;
  readonly onConnected: (connection: string, url: string) => void;
  readonly onDisconnected: (connection: string, reason: string) => void;
  /** Once when the silence is noticed, and again when a connection comes back while it lasts. */
  readonly onUnproven: (sinceUs: number) => void;
  readonly onState: (connection: string, state: ConnectionState, reason: string) => void;
}

/** The canary ticks each second on the same connection, so that silence of the market and of the line differ. */
export const CANARY_STREAM = 'btcusdt@markPrice@1s';
const STREAMS = `!forceOrder@arr/${CANARY_STREAM}`;

/** Where liquidations come from: USDⓈ-M and COIN-M arrive on one route. */
export function feedUrl(baseUrl: string): string {
  return `${baseUrl}/market/stream?streams=${STREAMS}`;
}

const MAX_AGE_MS = 23 * 3_600_000;
/** Ages differ by up to this share, so that many collectors do not come back at the same moment. */
const AGE_JITTER = 0.01;
const CHECK_MS = 500;
/** After a rotation that failed. The hour that is left to 24 h has room for many. */
const ROTATION_RETRY_MS = 60_000;
/** A server that announces its end again and again is left to end. */
const SHUTDOWN_PAUSE_MS = 10_000;
/** The second slot dials when the first has its answer, so that a refusing exchange is asked once. */
const SECOND_DIAL_MS = 15_000;

interface SlotPlan {
  readonly slot: ReconnectingSocket;
  readonly connection: string;
  maxAgeMs: number;
  notBeforeMs: number;
  shutdownMs: number;
}

export class RedundantFeed {
  readonly #options: RedundantFeedOptions;
  readonly #plans: readonly SlotPlan[];
  readonly #url: string;
  readonly #maxAgeMs: number;
  /** Connections of which it was said that their silence proves nothing. */
  readonly #doubted = new Set<string>();
  #firstAnswer: () => void = () => undefined;
  #isUnproven = false;
  #lastLiquidationUs = 0;
  #lastLiquidationMs = 0;
  #isRotating = false;

  constructor(options: RedundantFeedOptions) {
    this.#options = options;
    const { baseUrl, gates, proxies, clock, random = Math.random, timeouts = FEED_TIMEOUTS } = options;
    this.#url = feedUrl(baseUrl);
    this.#maxAgeMs = options.maxAgeMs ?? MAX_AGE_MS;
    this.#plans = Array.from({ length: options.sockets }, (_, index) => {
      const connection = `ws-${index + 1}`;
      const slot = new ReconnectingSocket({
        connection,
        url: this.#url,
        gates,
        proxies,
        clock,
        random,
        timeouts,
        onMessage: (...message) => this.#message(plan, ...message),
        onConnected: () => options.onConnected(connection, this.#url),
        onDisconnected: (_, reason) => {
          this.#doubted.delete(connection);
          options.onDisconnected(connection, reason);
        },
        onState: (_, state, reason) => {
          if (state !== 'connecting') this.#firstAnswer();
          options.onState(connection, state, reason);
        },
      });
      // The second slot's first connection lives half as long: from then on the two rotate half a life apart.
      const maxAgeMs = (this.#maxAgeMs / (index + 1)) * (1 - random() * AGE_JITTER);
      const plan: SlotPlan = {
        slot,
        connection,
        maxAgeMs,
        notBeforeMs: 0,
        shutdownMs: Number.NEGATIVE_INFINITY,
      };
      return plan;
    });
  }

  /** Listens until `signal`. @throws LakeError EXCHANGE_BLOCKED. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const all = AbortSignal.any([signal, ended.signal]);
    const firstAnswer = new Promise<void>((resolve) => {
      this.#firstAnswer = resolve;
    });
    this.#heardLiquidation(this.#options.clock.nowUs());
    const watch = setInterval(() => this.#watch(), CHECK_MS);
    const runs = this.#plans.map(async ({ slot }, index) => {
      try {
        if (index > 0) await Promise.race([firstAnswer, pause(SECOND_DIAL_MS, all)]);
        await slot.run(all);
      } finally {
        ended.abort();
      }
    });
    const endings = await Promise.allSettled(runs);
    clearInterval(watch);
    for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
  }

  pause(): void {
    for (const { slot } of this.#plans) slot.pause();
  }

  resume(): void {
    for (const { slot } of this.#plans) slot.resume();
  }

  get states(): readonly ConnectionState[] {
    return this.#plans.map(({ slot }) => slot.state);
  }

  #message(
    plan: SlotPlan,
    connection: string,
    data: Buffer,
    isBinary: boolean,
    receivedAtUs: number,
    kind: FrameKind,
  ): void {
    if (kind === 'event') this.#heardLiquidation(receivedAtUs);
    this.#options.onMessage(connection, data, isBinary, receivedAtUs);
    if (kind === 'shutdown') this.#shutdownAnnounced(plan);
    if (this.#isUnproven && !this.#doubted.has(connection)) {
      this.#doubted.add(connection);
      this.#options.onUnproven(receivedAtUs);
    }
  }

  #heardLiquidation(atUs: number): void {
    this.#lastLiquidationUs = atUs;
    this.#lastLiquidationMs = this.#options.clock.monotonicMs();
    if (!this.#isUnproven) return;
    this.#isUnproven = false;
    this.#doubted.clear();
  }

  #shutdownAnnounced(plan: SlotPlan): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - plan.shutdownMs < SHUTDOWN_PAUSE_MS) return;
    plan.shutdownMs = nowMs;
    void plan.slot.rotate('the server announced that it closes');
  }

  #watch(): void {
    if (this.#isRotating) return;
    const nowMs = this.#options.clock.monotonicMs();
    const hearing = this.#plans.filter(({ slot }) => isHearing(slot.state));
    if (hearing.length === 0) {
      // Nobody listens: silence says nothing about the route.
      this.#lastLiquidationMs = nowMs;
      this.#lastLiquidationUs = this.#options.clock.nowUs();
      return;
    }
    if (nowMs - this.#lastLiquidationMs > this.#options.unprovenAfterMs) {
      this.#lastLiquidationMs = nowMs;
      if (!this.#isUnproven) {
        this.#isUnproven = true;
        for (const { connection } of hearing) this.#doubted.add(connection);
        this.#options.onUnproven(this.#lastLiquidationUs);
      }
      void this.#rotateInTurn(this.#plans, 'liquidations silent');
      return;
    }
    const old = this.#plans.filter(
      ({ slot, maxAgeMs, notBeforeMs }) => slot.ageMs > maxAgeMs && nowMs >= notBeforeMs,
    );
    if (old.length > 0) void this.#rotateInTurn(old, 'the connection is old');
  }

  async #rotateInTurn(plans: readonly SlotPlan[], reason: string): Promise<void> {
    this.#isRotating = true;
    for (const plan of plans) {
      if (await plan.slot.rotate(reason)) plan.maxAgeMs = this.#maxAgeMs;
      else plan.notBeforeMs = this.#options.clock.monotonicMs() + ROTATION_RETRY_MS;
    }
    this.#isRotating = false;
  }
}

/** Resolves early, not with an error, when `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
