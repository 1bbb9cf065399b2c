/**
 * Collects forced orders: the pair of sockets fills the spool; clock offset and contract sizes are refreshed beside it.
 */
import type { Logger } from 'pino';
import { backgroundTask } from '../base/background-task.ts';
import type { Clock } from '../base/clock.ts';
import type { Ingest } from '../ingest/commit/ingest-job.ts';
import { MAX_PAUSE_US } from '../ingest/dedup/coverage-spans.ts';
import type { HostLimits } from '../network/http/host-limits.ts';
import type { RestClient } from '../network/http/rest-client.ts';
import type { ProxySettings } from '../network/proxy-rules.ts';
import { isHearing } from '../network/websocket/connection-machine.ts';
import { NOTHING_CAME } from '../network/websocket/feed-socket.ts';
import { RedundantFeed } from '../network/websocket/redundant-feed.ts';
import { watchClockOffset } from '../sources/binance/clock-offset-task.ts';
import { fetchContractSizes } from '../sources/binance/contract-sizes.ts';
import { addReport, type CollectorStatus, createStatus, setState } from './collector-status.ts';
import type { Service } from './service.ts';
import { SourceCollector } from './source-collector.ts';

export interface LiquidationsOptions {
  readonly lake: string;
  readonly spool: string;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly log: Logger;
  readonly gates: HostLimits;
  readonly proxies?: ProxySettings;
  readonly rest: RestClient;
  readonly futuresWsUrl: string;
  readonly futuresRestUrl: string;
  readonly coinmRestUrl: string;
  readonly sockets: 1 | 2;
  readonly flushMs: number;
  readonly duplicateWindowMs: number;
  readonly unprovenAfterMs: number;
}

const DRAIN_MS = 10_000;
const CONTRACT_CHECK_MS = 24 * 3_600_000;

export class LiquidationsService implements Service {
  readonly name = 'liquidations';
  readonly status: CollectorStatus;
  readonly #options: LiquidationsOptions;
  /** Per open connection: when its last message came, in microseconds since the epoch. */
  readonly #lastMessageUs = new Map<string, number>();
  #isUnproven = false;
  #isHeldBack = false;
  #clockOffsetUs: number | undefined;
  #contractSizes: Readonly<Record<string, number>> = {};

  constructor(options: LiquidationsOptions) {
    this.#options = options;
    this.status = createStatus('liquidations', options.clock.nowUs());
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const collector = await SourceCollector.open({
      ...this.#options,
      source: 'liquidations',
      lockWaitMs: 0,
      status: this.status,
      onStored: (report) => {
        addReport(this.status, report);
        log.info(
          { rows: report.rows.liquidation ?? 0, duplicates: report.duplicates, segment: report.segment },
          'stored',
        );
      },
      carry: () => ({
        connections: [...this.#lastMessageUs].map(([connection, lastMessageAtUs]) => ({
          connection,
          lastMessageAtUs,
          unproven: this.#isUnproven,
        })),
        ...(this.#clockOffsetUs === undefined ? {} : { clockOffsetUs: this.#clockOffsetUs }),
        contractSizes: this.#contractSizes,
      }),
    });
    this.#isHeldBack = false;
    const pair = this.#feed(collector);
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, collector.lost]);
    const sideTasks = this.#sideTasks(collector, AbortSignal.any([stop, ended.signal]));
    try {
      await pair.run(stop);
      collector.lost.throwIfAborted();
    } finally {
      ended.abort();
      await sideTasks;
      setState(this.status, 'draining', clock.nowUs());
      const left = await collector.close(DRAIN_MS);
      this.status.backlog = left;
      if (left > 0)
        log.warn({ segments: left }, 'not everything is in the tables yet: the next start goes on with it');
    }
  }

  #feed(collector: SourceCollector): RedundantFeed {
    const { clock, log, futuresWsUrl } = this.#options;
    const pair: RedundantFeed = new RedundantFeed({
      ...this.#options,
      baseUrl: futuresWsUrl,
      onMessage: (connection, payload, isBinary, receivedAtUs) => {
        this.status.frames++;
        this.#lastMessageUs.set(connection, receivedAtUs);
        if (this.#isUnproven && payload.includes('forceOrder')) this.#isUnproven = false;
        const kind = isBinary ? 'binary' : 'frame';
        if (!collector.record({ kind, receivedAtUs, connection, payload }))
          void this.#holdBack(collector, pair);
      },
      onConnected: (connection, url) => collector.event(connection, { type: 'connected', url }),
      onDisconnected: (connection, reason) => {
        this.#lastMessageUs.delete(connection);
        collector.event(connection, { type: 'disconnected', reason });
      },
      onUnproven: (sinceUs) => {
        this.#isUnproven = true;
        log.warn(
          'no liquidation for long while the connection lives: the span is marked unproven, the sockets are replaced',
        );
        collector.event('', { type: 'unproven', sinceUs, reason: 'liquidations silent' });
      },
      onState: (connection, state, reason) => {
        const best = pair.states.find(isHearing) ? 'listening' : state;
        setState(this.status, best, clock.nowUs());
        const code = reason === NOTHING_CAME ? 'EXCHANGE_SILENT' : undefined;
        if (reason && reason !== 'stopped') log.warn({ connection, state, code }, reason);
        else log.debug({ connection, state }, 'connection');
      },
    });
    return pair;
  }

  /** The spool is full: the sockets are not read until it has room. That nobody listened is the disk's doing, then. */
  async #holdBack(collector: SourceCollector, pair: RedundantFeed): Promise<void> {
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    const { clock } = this.#options;
    const sinceMs = clock.monotonicMs();
    pair.pause();
    await collector.whenWritable();
    if ((clock.monotonicMs() - sinceMs) * 1000 > MAX_PAUSE_US) {
      for (const connection of this.#lastMessageUs.keys())
        collector.event(connection, { type: 'disconnected', reason: 'the disk took nothing' });
    }
    this.#isHeldBack = false;
    pair.resume();
  }

  async #sideTasks(collector: SourceCollector, signal: AbortSignal): Promise<void> {
    const { rest, futuresRestUrl, coinmRestUrl, log } = this.#options;
    await Promise.all([
      watchClockOffset({
        source: 'liquidations',
        rest,
        futuresRestUrl,
        log,
        signal,
        collector,
        onOffset: (offsetUs) => {
          this.#clockOffsetUs = offsetUs;
        },
      }),
      backgroundTask(
        { what: 'the COIN-M contract sizes', intervalMs: CONTRACT_CHECK_MS, log, signal },
        async () => {
          const sizes = await fetchContractSizes(rest, coinmRestUrl, signal);
          if (sizes === undefined) return;
          this.#contractSizes = sizes;
          collector.event('', { type: 'contract_sizes', sizes });
        },
      ),
    ]);
  }
}
