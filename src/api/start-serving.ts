/** Puts the server together and lets it listen. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { LakeError, messageOf, systemCodeOf } from '../base/errors.ts';
import type { Config } from '../config/config.ts';
import type { Predictor } from '../learn/predict/predictor.ts';
import { LiveService } from '../live/live-service.ts';
import { collectorMetrics } from '../metrics/collector-metrics.ts';
import { processMetrics } from '../metrics/process-metrics.ts';
import { recordMetrics } from '../metrics/record-metrics.ts';
import { Registry } from '../metrics/registry.ts';
import { tableMetrics } from '../metrics/table-metrics.ts';
import { holdNewestBars } from '../questions/bar-lists.ts';
import { LakeReader } from '../questions/lake-reader.ts';
import { SqlSessions } from '../questions/sql-sessions.ts';
import { AnswerCache } from './answer-cache.ts';
import type { ApiContext } from './api-context.ts';
import { countRequests, metricsRoute, serverMetrics } from './api-metrics.ts';
import { guardRequests } from './auth/guard-requests.ts';
import { openAccess } from './auth/open-access.ts';
import { LOOPBACK_NAMES } from './guard-hosts.ts';
import { KnownAnswers } from './known-answers.ts';
import { LiveSockets } from './live/live-sockets.ts';
import { createApiServer } from './server.ts';
import { Turns } from './turns.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Sources that should run, beside those that do. */
  readonly expected?: readonly string[];
  /** What the process that started this one tells of others, in the text format of metrics. */
  readonly supervisorMetrics?: (() => string) | undefined;
}

export interface Serving {
  readonly port: number;
  close(): Promise<void>;
}

/** What is asked again and again is little; the newest rows and their texts take the rest of the memory. */
const CACHE_BYTES = 12 * 2 ** 20;
const KNOWN_BYTES = 4 * 2 ** 20;
const QUERY_TIMEOUT_MS = 30_000;

/** @throws LakeError SERVE_FAILED. */
export async function startServing({
  config,
  clock,
  log,
  host,
  port,
  expected = [],
  supervisorMetrics = () => '',
}: ServeOptions): Promise<Serving> {
  const reader = await LakeReader.open({ lake: config.lake, memoryBytes: config.memory });
  let isClosed = false;
  let predictor: Promise<Predictor> | undefined;
  const sqlSessions = new SqlSessions({ memoryBytes: config.memory, lake: config.lake });
  // A lake on an object store may be served by a machine that collects nothing.
  const { spool } = config;
  const live = new LiveService({ spool, reader, log });
  try {
    const isLoopback = isLoopbackAddress(host);
    const access = await openAccess(config, { isLoopback, host });
    const context: ApiContext = {
      lake: config.lake,
      spool,
      reader,
      cache: new AnswerCache(CACHE_BYTES),
      known: new KnownAnswers(access === undefined ? KNOWN_BYTES : 0),
      turns: new Turns(),
      predictor: () => {
        predictor ??= loadPredictor(config);
        return predictor;
      },
      clock,
      log,
      memoryBytes: config.memory,
      sqlSessions,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
      isPrivate: access !== undefined,
      expected,
      startedMs: performance.now(),
    };
    const hosts = access === undefined ? LOOPBACK_NAMES : undefined;
    const sockets = new LiveSockets({
      hub: live.hub,
      reader,
      tokens: access?.tokens,
      hosts,
      origins: config.corsOrigins,
    });
    const registry = new Registry();
    processMetrics(registry, 'serve');
    if (spool !== undefined) collectorMetrics(registry, spool, clock);
    tableMetrics(registry, reader, clock);
    recordMetrics(registry, reader, log);
    serverMetrics(registry, context, live, sockets);
    const app = await createApiServer({
      context,
      proxies: config.proxies,
      hosts,
      extend: async (server) => {
        if (config.corsOrigins.length > 0) await openToOrigins(server, config.corsOrigins);
        countRequests(server, registry, context.known);
        if (access !== undefined) guardRequests(server, access);
        metricsRoute(server, registry, supervisorMetrics);
      },
      live: live.hub,
    });
    sockets.attach(app.server);
    await app.listen({ host, port }).catch((error: unknown) => {
      throw cannotListen(error, host, port);
    });
    // Until it is there, the files answer.
    void holdNewestBars(reader).catch((error: unknown) => {
      if (!isClosed) log.debug(`the newest day is not held in memory: ${messageOf(error)}`);
    });
    return {
      port: (app.server.address() as AddressInfo).port,
      async close() {
        isClosed = true;
        sockets.close();
        await live.close();
        await app.close();
        await sqlSessions.close();
        await reader.close();
      },
    };
  } catch (error) {
    await live.close();
    await reader.close();
    throw error;
  }
}

async function loadPredictor(config: Config): Promise<Predictor> {
  const { Predictor } = await import('../learn/predict/predictor.ts');
  return new Predictor({ ...config, memoryBytes: config.memory, env: process.env });
}

/** Pages of these origins may ask, with a token in the header; no cookies. */
async function openToOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  const { default: cors } = await import('@fastify/cors');
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'if-none-match'],
    exposedHeaders: [
      'etag',
      'x-next',
      'x-data-version',
      'x-complete-until',
      'x-holes',
      'x-request-id',
      'retry-after',
    ],
    maxAge: 600,
  });
}

export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function cannotListen(error: unknown, host: string, port: number): LakeError {
  const isTaken = systemCodeOf(error) === 'EADDRINUSE';
  const why = isTaken ? 'another program listens there' : messageOf(error);
  return new LakeError('SERVE_FAILED', `${host}:${port} cannot be listened on: ${why}`, {
    hint: isTaken ? 'choose another port with `--port`' : 'choose an address of this machine with `--host`',
    cause: error,
  });
}
