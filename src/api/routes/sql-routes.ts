/** `POST /sql`: one reading statement in the sandbox of `read --sql`, bounded in time, memory and rows. */
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { jsonRowsOf } from '../../output/json-rows.ts';
import { querySql } from '../../questions/query-sql.ts';
import type { ApiContext } from '../api-context.ts';
import { chooseAnswerFormat, formatRows, MEDIA_TYPES } from '../formats.ts';
import { parsePin } from '../request-time.ts';
import { answers, FORMAT, MAX_LIMIT, parameters } from '../schemas.ts';

const BODY = parameters({
  sql: Type.String({
    description: 'one SELECT; the dialect is that of DuckDB',
    minLength: 1,
    maxLength: 32_000,
  }),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_LIMIT, description: 'rows that come back at most' }),
  ),
  as_of: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
});
const QUERY = parameters({ format: FORMAT });
const ANSWER = Type.Object({
  data: Type.Array(Type.Object({})),
  columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
  data_version: Type.Record(Type.String(), Type.Integer()),
  truncated: Type.Boolean(),
});

export function sqlRoutes(app: FastifyInstance, context: ApiContext): void {
  app.post<{ Body: Static<typeof BODY>; Querystring: Static<typeof QUERY> }>(
    '/sql',
    {
      schema: {
        summary: 'One reading statement over the tables and views of the lake',
        tags: ['lake'],
        body: BODY,
        querystring: QUERY,
        response: answers(ANSWER),
      },
    },
    async (request, reply) => {
      const { sql, limit = MAX_LIMIT, as_of } = request.body;
      const format = chooseAnswerFormat(request.query.format, request.headers.accept);
      const signal = AbortSignal.timeout(context.queryTimeoutMs);
      const { rows, versions, isTruncated } = await querySql({
        ...context,
        sessions: context.sqlSessions,
        tables: context.reader.tables,
        sql,
        limit,
        pin: parsePin(as_of),
        signal,
      });
      reply.header('cache-control', 'no-store').header('x-data-version', JSON.stringify(versions));
      reply.header('x-truncated', String(isTruncated)).type(MEDIA_TYPES[format]);
      if (format !== 'json') return reply.send(await formatRows(rows, format, context.reader, signal));
      const columns = rows.names.map((name, index) => ({ name, type: String(rows.types[index]) }));
      const rest = { columns, data_version: versions, next: null, truncated: isTruncated };
      return reply.send(Buffer.from(`{"data":${jsonRowsOf(rows)},${JSON.stringify(rest).slice(1)}\n`));
    },
  );
}
