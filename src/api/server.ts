/** The HTTP server: bounds, security headers, limits, errors and documentation around the routes. */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { LakeError } from '../base/errors.ts';
import type { Hub } from '../live/hub.ts';
import { allowedMethods } from './allowed-methods.ts';
import type { ApiContext } from './api-context.ts';
import { describeRoutes } from './describe-routes.ts';
import { DOCS_SCRIPT, docsPage } from './docs-page.ts';
import { guardHosts } from './guard-hosts.ts';
import { lazyValidators } from './lazy-validators.ts';
import { PROBLEM_TYPE, problemOf, sendProblem, statusOf } from './problem.ts';
import { barRoutes } from './routes/bar-routes.ts';
import { eventRoutes } from './routes/event-routes.ts';
import { lakeRoutes } from './routes/lake-routes.ts';
import { listRoutes } from './routes/list-routes.ts';
import { pageRoutes } from './routes/page-routes.ts';
import { predictRoute } from './routes/predict-route.ts';
import { priceRoutes } from './routes/price-routes.ts';
import { sqlRoutes } from './routes/sql-routes.ts';
import { udfRoutes } from './routes/udf-routes.ts';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_URL_CHARS = 4096;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 4000;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 30_000;

export interface ServerOptions {
  readonly context: ApiContext;
  /** Addresses of proxies whose word about the client counts. */
  readonly proxies: readonly string[];
  /** Names under which a browser may come; undefined for all. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Adds what comes before and beside the routes: limits, login, live channels, metrics. */
  /** What the channels of `/events` come from. */
  readonly live: Hub;
  readonly extend?: (app: FastifyInstance) => Promise<void> | void;
}

export async function createApiServer(options: ServerOptions): Promise<FastifyInstance> {
  const { context, proxies, hosts, extend, live } = options;
  const app = Fastify({
    loggerInstance: context.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: 300 },
    trustProxy: proxies.length > 0 ? [...proxies] : false,
    requestIdHeader: false,
    genReqId: () => crypto.randomUUID(),
    return503OnClosing: true,
    forceCloseConnections: true,
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true, allErrors: false },
    },
    schemaController: {
      compilersFactory: {
        buildValidator: lazyValidators,
        // Shapes are for documentation and tests; what is sent is what the questions gave.
        buildSerializer: () => () => (data) => JSON.stringify(data),
      },
    },
    serverFactory: (handler) => {
      const server = createServer(
        {
          headersTimeout: HEADERS_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          keepAliveTimeout: IDLE_TIMEOUT_MS,
          connectionsCheckingInterval: 1000,
          maxHeaderSize: MAX_HEADER_BYTES,
        },
        (request, response) => {
          if (!context.known.answer(request, response)) handler(request, response);
        },
      );
      server.maxConnections = MAX_CONNECTIONS;
      return server;
    },
    clientErrorHandler: answerClientError,
  });
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error, request, reply) => {
    const { detail, ...facts } = problemOf(error, statusOf(error));
    // Where the lake lies is no business of whoever asks.
    const problem = { ...facts, detail: detail.replaceAll(`${context.lake}/`, '') };
    if (problem.status >= 500) request.log.error({ err: error, requestId: request.id }, 'request failed');
    if (problem.status === 503) reply.header('retry-after', '1');
    return sendProblem(reply, problem);
  });
  const methodsOf = allowedMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]?.slice(0, 200) ?? '';
    const methods = methodsOf(path);
    if (methods.length > 0) {
      const error = new LakeError('USAGE', `\`${path}\` does not take ${request.method}`, {
        hint: `use ${methods.join(' or ')}`,
      });
      return sendProblem(reply.header('allow', methods.join(', ')), problemOf(error, 405));
    }
    const error = new LakeError('NOT_FOUND', `there is nothing at ${request.method} ${path}`, {
      hint: '`/docs` lists the addresses',
    });
    return sendProblem(reply, problemOf(error));
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    if (request.url.length > MAX_URL_CHARS) {
      const error = new LakeError('TOO_LARGE', 'the address is too long', {
        hint: `use at most ${MAX_URL_CHARS} characters`,
      });
      return sendProblem(reply, problemOf(error, 414));
    }
  });
  // What is too large for a number is Infinity, which the validator lets through.
  app.addHook('preHandler', async ({ query, body }) => {
    for (const [name, value] of Object.entries({ ...(query as object), ...(body as object | null) })) {
      if (typeof value !== 'number' || Number.isFinite(value)) continue;
      throw new LakeError('USAGE', `\`${name}\` is too large`, { hint: 'see `/docs`' });
    }
  });
  if (hosts !== undefined) guardHosts(app, hosts);
  const document = describeRoutes(app);
  await extend?.(app);
  await app.register(async (routes) => {
    pageRoutes(routes);
    lakeRoutes(routes, context);
    priceRoutes(routes, context);
    predictRoute(routes, context);
    barRoutes(routes, context, live);
    listRoutes(routes, context);
    sqlRoutes(routes, context);
    udfRoutes(routes, context);
    eventRoutes(routes, context, live);
  });
  const hide = { schema: { hide: true } };
  app.get('/openapi.json', hide, document);
  app.get('/docs', hide, async (_request, reply) => reply.type('text/html; charset=utf-8').send(docsPage()));
  app.get('/docs/page.js', hide, async (_request, reply) => reply.type('text/javascript').send(DOCS_SCRIPT));
  app.addHook('preClose', async () => context.known.close());
  await app.ready();
  return app;
}

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
};

/** What Node's parser refuses before there is a request. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, problem] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ([
          431,
          new LakeError('TOO_LARGE', 'the headers are too large', { hint: 'send fewer or shorter ones' }),
        ] as const)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([
            408,
            new LakeError('TIMED_OUT', 'the request took too long to arrive', { hint: 'send it faster' }),
          ] as const)
        : ([400, new LakeError('USAGE', 'this is not HTTP', { hint: 'see `/docs`' })] as const);
  const body = JSON.stringify(problemOf(problem, status));
  socket.end(
    `HTTP/1.1 ${status} Error\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
