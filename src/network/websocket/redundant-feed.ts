/**
 * One group of a feed: one or two sockets that cover each other. Rotations are staggered and never coincide; when data
 * alone falls silent while the connections live, the span is called unproven and they are replaced one after the other,
 * since the route may be dead though the connection is not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import type { HostLimits } from '../http/host-limits.ts';
import type { ProxySettings } from '../proxy-rules.ts';
import { type ConnectionState, isHearing } from './connection-machine.ts';
import type { ConnectionFeedEvent, Emit, FeedEvent } from './feed-event.ts';
import { type ConnectionPlan, connectionName, type FeedSpec } from './feed-spec.ts';
import { FEED_TIMEOUTS, type FeedTimeouts } from './feed-timeouts.ts';
import { ReconnectingSocket } from './reconnecting-socket.ts';

export interface RedundantFeedOptions {
  readonly spec: FeedSpec;
  readonly plan: ConnectionPlan;
  readonly sockets: 1 | 2;
  readonly hostLimits: HostLimits;
  readonly proxies?: ProxySettings | undefined;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly timeouts?: FeedTimeouts;
  /** A connection older than this is replaced; exchanges close it at 24 h. Default 23 h. */
  readonly maxAgeMs?: number;
  readonly unprovenAfterMs: number;
  readonly emit: Emit<FeedEvent>;
}

const MAX_AGE_MS = 23 * 3_600_000;
/** Ages differ by up to this share, so that many collectors do not come back at the same moment. */
const AGE_JITTER = 0.01;
const CHECK_MS = 500;
/** After a rotation that failed. The hour that is left to 24 h has room for many. */
const ROTATION_RETRY_MS = 60_000;
/** A server that announces its end again and again is left to end. */
const SHUTDOWN_PAUSE_MS = 10_000;
/** The second socket dials when the first has its answer, so that a refusing exchange is asked once. */
const SECOND_DIAL_MS = 15_000;

interface Slot {
  readonly socket: ReconnectingSocket;
  readonly connection: string;
  maxAgeMs: number;
  notBeforeMs: number;
  shutdownMs: number;
}

export class RedundantFeed {
  readonly #options: RedundantFeedOptions;
  readonly #slots: readonly Slot[];
  readonly #maxAgeMs: number;
  /** Connections of which it was said that their silence proves nothing. */
  readonly #unprovenConnections = new Set<string>();
  /** Topics that the venue does not know. */
  readonly #refused = new Set<string>();
  #topics: readonly string[];
  #firstAnswer: () => void = () => undefined;
  #isUnproven = false;
  #lastDataUs = 0;
  #lastDataMs = 0;
  #isRotating = false;

  constructor(options: RedundantFeedOptions) {
    this.#options = options;
    const {
      plan,
      spec,
      hostLimits,
      proxies,
      clock,
      random = Math.random,
      timeouts = FEED_TIMEOUTS,
    } = options;
    this.#maxAgeMs = options.maxAgeMs ?? MAX_AGE_MS;
    this.#topics = plan.topics;
    this.#slots = Array.from({ length: options.sockets }, (_, index) => {
      const connection = connectionName(plan.group, index);
      const emit = (event: ConnectionFeedEvent) => this.#take(slot, event);
      const socket = new ReconnectingSocket(
        { connection, url: plan.url, spec, hostLimits, proxies, clock, random, timeouts, emit },
        plan.topics,
      );
      // The second socket's first connection lives half as long: from then on the two rotate half a life apart.
      const maxAgeMs = (this.#maxAgeMs / (index + 1)) * (1 - random() * AGE_JITTER);
      const slot: Slot = {
        socket,
        connection,
        maxAgeMs,
        notBeforeMs: 0,
        shutdownMs: Number.NEGATIVE_INFINITY,
      };
      return slot;
    });
  }

  /** Listens until `signal`. @throws LakeError EXCHANGE_BLOCKED. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const all = AbortSignal.any([signal, ended.signal]);
    const firstAnswer = new Promise<void>((resolve) => {
      this.#firstAnswer = resolve;
    });
    this.#heardData(this.#options.clock.nowUs());
    const watch = setInterval(() => this.#watch(), CHECK_MS);
    const runs = this.#slots.map(async ({ socket }, index) => {
      try {
        if (index > 0) await Promise.race([firstAnswer, pause(SECOND_DIAL_MS, all)]);
        await socket.run(all);
      } finally {
        ended.abort();
      }
    });
    const endings = await Promise.allSettled(runs);
    clearInterval(watch);
    for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
  }

  pause(): void {
    for (const { socket } of this.#slots) socket.pause();
  }

  resume(): void {
    for (const { socket } of this.#slots) socket.resume();
  }

  /** What is to be listened to from now on. */
  setTopics(topics: readonly string[]): void {
    this.#topics = topics;
    const known = topics.filter((topic) => !this.#refused.has(topic));
    for (const { socket } of this.#slots) socket.setTopics(known);
  }

  /**
   * What is listened to says the address: connections go there from now on. Those that listen are replaced one after the
   * other, each only when the new one has something to say.
   */
  setUrl(url: string): void {
    for (const slot of this.#slots) {
      slot.socket.setUrl(url);
      slot.notBeforeMs = 0;
    }
  }

  get states(): readonly ConnectionState[] {
    return this.#slots.map(({ socket }) => socket.state);
  }

  /** Data has been silent for so long that the silence proves nothing, and has not come again. */
  get isUnproven(): boolean {
    return this.#isUnproven;
  }

  #take(slot: Slot, event: ConnectionFeedEvent): void {
    const { emit } = this.#options;
    switch (event.type) {
      case 'message':
        if (event.kind === 'data') this.#heardData(event.receivedAtUs);
        emit(event);
        if (event.kind === 'shutdown') this.#shutdownAnnounced(slot);
        if (this.#isUnproven && !this.#unprovenConnections.has(event.connection)) {
          this.#unprovenConnections.add(event.connection);
          this.#sayUnproven(event.receivedAtUs);
        }
        break;
      case 'disconnected':
        this.#unprovenConnections.delete(event.connection);
        emit(event);
        break;
      case 'state':
        if (event.state !== 'connecting') this.#firstAnswer();
        emit(event);
        break;
      case 'refused-topics': {
        const topics = event.topics.filter((topic) => !this.#refused.has(topic));
        for (const topic of topics) this.#refused.add(topic);
        if (topics.length === 0) return;
        emit({ ...event, topics });
        this.setTopics(this.#topics);
        break;
      }
      default:
        emit(event);
    }
  }

  #heardData(atUs: number): void {
    this.#lastDataUs = atUs;
    this.#lastDataMs = this.#options.clock.monotonicMs();
    if (!this.#isUnproven) return;
    this.#isUnproven = false;
    this.#unprovenConnections.clear();
  }

  #shutdownAnnounced(slot: Slot): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - slot.shutdownMs < SHUTDOWN_PAUSE_MS) return;
    slot.shutdownMs = nowMs;
    void slot.socket.rotate('the server announced that it closes');
  }

  #sayUnproven(sinceUs: number): void {
    const { emit, plan } = this.#options;
    emit({ type: 'unproven', group: plan.group, sinceUs });
  }

  #watch(): void {
    if (this.#isRotating) return;
    const { clock, spec, plan, unprovenAfterMs } = this.#options;
    const nowMs = clock.monotonicMs();
    const hearing = this.#slots.filter(({ socket }) => isHearing(socket.state));
    if (hearing.length === 0) {
      // Nobody listens: silence says nothing about the route.
      this.#lastDataMs = nowMs;
      this.#lastDataUs = clock.nowUs();
      return;
    }
    const maxSilenceMs = unprovenAfterMs * (plan.silenceFactor ?? 1);
    if (spec.isSilenceUnproven && nowMs - this.#lastDataMs > maxSilenceMs) {
      this.#lastDataMs = nowMs;
      if (!this.#isUnproven) {
        this.#isUnproven = true;
        for (const { connection } of hearing) this.#unprovenConnections.add(connection);
        this.#sayUnproven(this.#lastDataUs);
      }
      void this.#rotateInTurn(this.#slots, `${spec.dataName} silent`);
      return;
    }
    const due = this.#slots.filter(({ notBeforeMs }) => nowMs >= notBeforeMs);
    const elsewhere = due.filter(({ socket }) => socket.isElsewhere);
    const old = due.filter(({ socket, maxAgeMs }) => socket.ageMs > maxAgeMs);
    if (elsewhere.length > 0) void this.#rotateInTurn(elsewhere, 'something else is to be listened to');
    else if (old.length > 0) void this.#rotateInTurn(old, 'the connection is old');
  }

  async #rotateInTurn(slots: readonly Slot[], reason: string): Promise<void> {
    this.#isRotating = true;
    for (const slot of slots) {
      if (await slot.socket.rotate(reason)) slot.maxAgeMs = this.#maxAgeMs;
      else slot.notBeforeMs = this.#options.clock.monotonicMs() + ROTATION_RETRY_MS;
    }
    this.#isRotating = false;
  }
}

/** Resolves early, not with an error, when `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
