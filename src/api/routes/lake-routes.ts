/** `/`, `/health`, `/tables`. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { readPackage } from '../../base/program-file.ts';
import { describeTables } from '../../questions/describe-tables.ts';
import { lakeHealth } from '../../questions/lake-health.ts';
import type { ApiContext } from '../api-context.ts';
import { CELLS } from '../row-schema.ts';
import { answers, parameters } from '../schemas.ts';
import { sendPage, wantsPage } from './page-routes.ts';

const NONE = parameters({});

export function lakeRoutes(app: FastifyInstance, context: ApiContext): void {
  app.get(
    '/',
    {
      schema: {
        summary: 'What this is, and where to go on; the page for browsers',
        tags: ['lake'],
        querystring: NONE,
        response: answers(Type.Object({ name: Type.String(), version: Type.String() })),
      },
    },
    async (request, reply) => {
      if (wantsPage(request)) return sendPage(request, reply);
      return {
        name: 'crypto-lake',
        version: readPackage().version,
        docs: '/docs',
        openapi: '/openapi.json',
        health: '/health',
        stream: '/ws',
      };
    },
  );
  app.get(
    '/health',
    {
      schema: {
        summary: 'Program, lake and collectors; 503 when a source that should run is stale',
        tags: ['lake'],
        querystring: NONE,
        response: { 200: HEALTH, 503: HEALTH },
      },
    },
    async (_request, reply) => {
      const health = await lakeHealth(context);
      return reply
        .code(health.status === 'ok' ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(health);
    },
  );
  app.get(
    '/tables',
    {
      schema: {
        summary: 'Versions, rows, bytes and columns of every table',
        tags: ['lake'],
        querystring: NONE,
        response: answers(Type.Object({ data: Type.Array(TABLE) })),
      },
    },
    async () => ({ data: await describeTables(context.reader, context.lake) }),
  );
}

const COUNT = Type.Optional(CELLS.long);
/** One that cannot be read has the reason alone. */
const TABLE = Type.Object({
  table: Type.String(),
  ...{ version: COUNT, files: COUNT, small_files: COUNT, rows: COUNT, bytes: COUNT, checkpoint: COUNT },
  ...{ oldest: Type.Optional(CELLS.timestamp), newest: Type.Optional(CELLS.timestamp) },
  partition_by: Type.Optional(Type.Array(Type.String())),
  columns: Type.Optional(Type.Array(Type.Object({ name: Type.String(), type: Type.Unknown() }))),
  ...{ error: Type.Optional(Type.String()), code: Type.Optional(Type.String()) },
});

const HEALTH = Type.Object({
  status: Type.Enum(['ok', 'stale']),
  version: Type.String(),
  uptime_seconds: Type.Number(),
  lake: Type.Object({ tables: Type.Integer() }),
  collectors: Type.Array(Type.Object({ source: Type.String(), fresh: Type.Boolean() })),
});
