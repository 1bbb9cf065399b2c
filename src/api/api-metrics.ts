/** What the server counts of itself, and `/metrics`, which also tells of collectors and tables: one scrape suffices. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LiveService } from '../live/live-service.ts';
import { CONTENT_TYPE, type Registry } from '../metrics/registry.ts';
import type { ApiContext } from './api-context.ts';
import type { KnownAnswers } from './known-answers.ts';
import type { LiveSockets } from './live/live-sockets.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function countRequests(app: FastifyInstance, registry: Registry, known: KnownAnswers): void {
  const requests = registry.counter('http_requests_total', 'Answered requests by route and status');
  const seconds = registry.histogram(
    'http_request_seconds',
    'Time from the request to the end of its answer',
    SECONDS,
  );
  const bytes = registry.counter(
    'http_response_bytes_total',
    'Bytes of answers, as far as their length was known',
  );
  const running = registry.gauge('http_requests_running', 'Requests that are being answered');
  const limited = registry.counter('http_requests_refused_total', 'Requests that were refused, by why');
  let count = 0;
  app.addHook('onRequest', async (_request, reply) => {
    count++;
    // Also where the client has gone before the end: then there is no answer, and no hook for it.
    reply.raw.once('close', () => count--);
  });
  registry.onScrape(() => {
    running.set(count);
    for (const [route, answered] of known.takeCounts()) {
      requests.add(answered.count, { route, method: 'GET', status: '200' });
      seconds.observe(answered.seconds / answered.count, { route }, answered.count);
      bytes.add(answered.bytes);
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    const status = String(reply.statusCode);
    requests.add(1, { route, method: request.method, status });
    seconds.observe(reply.elapsedTime / 1000, { route });
    bytes.add(Number(reply.getHeader('content-length') ?? 0));
    request.log.debug(
      {
        requestId: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        ms: reply.elapsedTime,
      },
      'answered',
    );
    if (status === '429') limited.add(1, { reason: 'rate' });
    if (status === '401') limited.add(1, { reason: 'token' });
    if (status === '503') limited.add(1, { reason: 'busy' });
  });
}

/** The pattern, never the address: that would be a label a symbol. */
function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? 'none';
}

export function serverMetrics(
  registry: Registry,
  { cache, known, reader, sqlSessions }: ApiContext,
  live: LiveService,
  { counts }: LiveSockets,
): void {
  const answers = registry.readCounter('answers_total', 'Lists by whether their bytes were known already');
  const cached = registry.gauge('answer_cache_bytes', 'Bytes of known answers');
  const queries = registry.gauge('queries', 'Queries that run and that wait for their turn');
  const sql = registry.gauge('sql_queries', 'SQL of users that runs and that waits for its turn');
  const recent = registry.gauge('recent_rows_bytes', 'Bytes of the newest rows that are held in memory');
  const latency = registry.histogram(
    'live_latency_seconds',
    'From the receipt of a frame by its collector to the channels of its readers',
    SECONDS,
  );
  live.onLatency = (seconds) => latency.observe(seconds);
  const clients = registry.gauge('ws_clients', 'Open WebSockets');
  const subscriptions = registry.gauge('ws_subscriptions', 'Subscriptions of all WebSockets');
  const sent = registry.readCounter(
    'ws_messages_sent_total',
    'Updates sent to WebSockets that are closed by now',
  );
  const dropped = registry.readCounter(
    'ws_messages_dropped_total',
    'Updates that a newer one replaced for a slow reader',
  );
  const conflated = registry.gauge(
    'ws_messages_conflated',
    'Values that a newer one replaced within a second, by open channels',
  );
  const slow = registry.readCounter('ws_closed_slow_total', 'WebSockets closed since they were too slow');
  const events = registry.readCounter('live_events_total', 'Rows that came from collectors and logs');
  const collectors = registry.gauge('live_collectors', 'Collectors of this machine that are listened to');
  registry.onScrape(() => {
    answers.set(cache.hits + known.hits, { cache: 'hit' });
    answers.set(cache.misses, { cache: 'miss' });
    cached.set(cache.bytes);
    queries.set(reader.load.running, { state: 'running' });
    queries.set(reader.load.waiting, { state: 'waiting' });
    sql.set(sqlSessions.load.running, { state: 'running' });
    sql.set(sqlSessions.load.waiting, { state: 'waiting' });
    recent.set(reader.recent.bytes);
    clients.set(counts.clients);
    subscriptions.set(counts.subscriptions);
    sent.set(counts.sent);
    dropped.set(counts.dropped);
    slow.set(counts.closedSlow);
    conflated.set([...live.hub.channels].reduce((sum, channel) => sum + channel.conflated, 0));
    events.set(live.hub.events);
    collectors.set(live.feed.connected);
  });
}

/** @param more text, of metrics that the registry does not have. */
export function metricsRoute(app: FastifyInstance, registry: Registry, more: () => string): void {
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const text = (await registry.text()) + more();
    return reply.header('cache-control', 'no-store').header('content-type', CONTENT_TYPE).send(text);
  });
}
