/** Collects a source that streams: its connections fill the spool; facts and clock are refreshed beside it. */
import { untilAborted } from '../base/until-aborted.ts';
import type { IngestReport } from '../ingest/commit/ingest-job.ts';
import { MAX_PAUSE_US } from '../ingest/dedup/coverage-spans.ts';
import { isHearing } from '../network/websocket/connection-machine.ts';
import type { FeedEvent, FeedMessage } from '../network/websocket/feed-event.ts';
import type { PauseEvent } from '../network/websocket/feed-queue.ts';
import { NOTHING_CAME } from '../network/websocket/feed-socket.ts';
import { type FeedSpec, groupOf } from '../network/websocket/feed-spec.ts';
import type { FeedTimeouts } from '../network/websocket/feed-timeouts.ts';
import { RedundantFeed } from '../network/websocket/redundant-feed.ts';
import { spoolFolder } from '../spool/state/spool-folder.ts';
import type { CollectorOptions } from './collector-options.ts';
import { type CollectorStatus, createStatus, setState } from './collector-status.ts';
import { FeedGroups } from './feed-groups.ts';
import { runCollector } from './run-collector.ts';
import type { Service } from './service.ts';
import type { SourceCollector } from './source-collector.ts';
import { SourceFacts } from './source-facts.ts';

export interface StreamCollectorOptions extends CollectorOptions {
  readonly sockets: 1 | 2;
  readonly unprovenAfterMs: number;
  readonly timeouts?: FeedTimeouts;
  /** Work that needs the collector: it runs as long as that does, and hears of each segment. */
  readonly beside?: (
    collector: Pick<SourceCollector, 'append' | 'event' | 'backlog'>,
    status: CollectorStatus,
  ) => Beside;
  /** Sees every text frame in the turn in which it comes, also those that are not kept: for live readers. */
  readonly onFrame?: (connection: string, data: Buffer, receivedAtUs: number) => void;
}

export interface Beside {
  /** A segment is closed: it has what was received before `cutUs`, and later ones have the rest. */
  closed(segment: number, cutUs: number): void;
  /** A segment is stored, and with it all before it. */
  stored(segment: number): void;
  /** Ends by itself when `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** The first start of all waits so long for what rows need to know, and then listens without it. */
const FIRST_FACTS_MS = 3000;
const SIGNS_OF_LIFE: ReadonlySet<string> = new Set(['data', 'tick']);
/** Answers to control frames are about the connection, not about the market. */
const NOT_KEPT: ReadonlySet<string> = new Set(['ack', 'pong', 'live']);

export class StreamCollector implements Service {
  readonly name: string;
  readonly status: CollectorStatus;
  readonly #options: StreamCollectorOptions;
  readonly #feedSpec: FeedSpec;
  /** Per connection that listens: when its last sign of life came, in microseconds since the epoch. */
  readonly #lastMessageUs = new Map<string, number>();

  constructor(options: StreamCollectorOptions) {
    const { source, clock } = options;
    if (source.feed === undefined) throw new TypeError(`${source.id} is no stream`);
    this.#options = options;
    this.#feedSpec = source.feed;
    this.name = source.id;
    this.status = createStatus(source, clock.nowUs());
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, source, spool, network } = this.#options;
    const facts = await SourceFacts.open({ source, network, folder: spoolFolder(spool, source.id), log });
    let beside: Beside | undefined;
    const groups = this.#groups();
    const over = new AbortController();
    const listening = AbortSignal.any([signal, groups.failed, over.signal]);
    let isPatient = true;
    const follow = () => {
      if (listening.aborted || (isPatient && !facts.isReadyForPlan)) return;
      groups.follow(this.#feedSpec.plan(network.addresses, facts.facts), listening);
    };
    const options = {
      ...this.#options,
      status: this.status,
      onClosed: (segment: number, cutUs: number) => beside?.closed(segment, cutUs),
      onStored: ({ segment }: IngestReport) => beside?.stored(segment),
      carry: () => ({
        connections: [...this.#lastMessageUs].map(([connection, lastMessageAtUs]) => ({
          connection,
          lastMessageAtUs,
          unproven: groups.isUnproven(groupOf(connection)),
        })),
        ...facts.carry(),
      }),
      // The exchange answers while the spool is opened; what it sends waits in the sockets until then.
      onHeld: follow,
    };
    const work = async (collector: SourceCollector, held: AbortSignal) => {
      beside = this.#options.beside?.(collector, this.status);
      const stop = AbortSignal.any([listening, held]);
      const working = beside?.run(stop);
      const reading = this.#read(groups, collector, stop);
      const waiting = setTimeout(() => {
        isPatient = false;
        follow();
      }, FIRST_FACTS_MS);
      const watching = facts.watch(stop, (event) => collector.event('', event), follow);
      let endings: readonly PromiseSettledResult<unknown>[] = [];
      try {
        await untilAborted(reading, stop);
      } finally {
        clearTimeout(waiting);
        over.abort();
        endings = await Promise.allSettled([groups.end(), watching, working, reading]);
      }
      for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
      if (!signal.aborted) groups.failed.throwIfAborted();
    };
    try {
      await runCollector(options, signal, work);
    } finally {
      over.abort();
      await groups.end();
    }
  }

  #groups(): FeedGroups {
    const { sockets, unprovenAfterMs, clock, network, timeouts } = this.#options;
    const { hostLimits, proxies } = network;
    const shared = { spec: this.#feedSpec, sockets, hostLimits, proxies, clock, unprovenAfterMs };
    return new FeedGroups(
      (plan, emit) => new RedundantFeed({ ...shared, plan, emit, ...(timeouts ? { timeouts } : {}) }),
      clock,
    );
  }

  /**
   * Reads the feed to its end. While the spool is full it is not read: that nobody listened is the disk's doing, then.
   * After `signal` the disk is not waited for: the spool takes the few last events all the same.
   */
  async #read(groups: FeedGroups, collector: SourceCollector, signal: AbortSignal): Promise<void> {
    for await (const events of groups) {
      let isFull = false;
      for (const event of events) {
        if (event.type === 'message') isFull = !this.#message(event, collector) || isFull;
        else this.#notice(event, groups, collector);
      }
      if (isFull) await untilAborted(collector.whenWritable(), signal);
    }
  }

  /** @returns false when the spool is full. */
  #message(
    { connection, data, isBinary, receivedAtUs, kind }: FeedMessage,
    collector: SourceCollector,
  ): boolean {
    if (SIGNS_OF_LIFE.has(kind) && this.#lastMessageUs.has(connection))
      this.#lastMessageUs.set(connection, receivedAtUs);
    if (!isBinary) this.#options.onFrame?.(connection, data, receivedAtUs);
    if (NOT_KEPT.has(kind)) return true;
    this.status.frames++;
    return collector.record({ kind: isBinary ? 'binary' : 'frame', receivedAtUs, connection, payload: data });
  }

  #notice(
    event: Exclude<FeedEvent, FeedMessage> | PauseEvent,
    groups: FeedGroups,
    collector: SourceCollector,
  ): void {
    const { log, clock, source } = this.#options;
    switch (event.type) {
      case 'ping':
        // Behind the write of what came before it, which waits for the end of this turn.
        setImmediate(event.answer);
        break;
      case 'connected':
        this.#lastMessageUs.set(event.connection, clock.nowUs());
        collector.event(event.connection, { type: 'connected', url: event.url });
        break;
      case 'disconnected':
        this.#lastMessageUs.delete(event.connection);
        collector.event(event.connection, { type: 'disconnected', reason: event.reason });
        break;
      case 'paused':
        if (event.forMs * 1000 <= MAX_PAUSE_US) break;
        for (const connection of this.#lastMessageUs.keys())
          collector.event(connection, { type: 'disconnected', reason: 'the disk took nothing' });
        break;
      case 'unproven': {
        const { group, sinceUs } = event;
        const { dataName } = this.#feedSpec;
        log.warn(
          { source: source.id, ...(group ? { group } : {}) },
          `no ${dataName} for long while the connection lives: the span is marked unproven, the sockets are replaced`,
        );
        const about = group === '' ? '' : `${group}/`;
        collector.event(about, { type: 'unproven', sinceUs, reason: `${dataName} silent` });
        break;
      }
      case 'state':
        this.#showState(event, groups);
        break;
      case 'refused-topics': {
        const { connection, topics, reason } = event;
        log.warn({ source: source.id, connection, topics }, `left out from now on: ${reason}`);
        break;
      }
    }
  }

  #showState({ connection, state, reason }: Extract<FeedEvent, { type: 'state' }>, groups: FeedGroups): void {
    const { log, clock, source } = this.#options;
    const isHeard = groups.states.every((states) => states.some(isHearing));
    setState(this.status, isHeard ? 'listening' : state, clock.nowUs());
    const code = reason.startsWith(NOTHING_CAME) ? 'EXCHANGE_SILENT' : undefined;
    const where = { source: source.id, connection, state };
    if (reason && reason !== 'stopped') log.warn({ ...where, code }, reason);
    else log.debug(where, 'connection');
  }
}
