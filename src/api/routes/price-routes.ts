/** `/price/latest`, `/price/history`, `/price/stats`. */
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { latestPrice, PRICE_TABLES, priceStats } from '../../questions/price-facts.ts';
import { listPrices, type PriceQuestion } from '../../questions/price-lists.ts';
import { Answer } from '../answer.ts';
import { answerList } from '../answer-list.ts';
import type { ApiContext } from '../api-context.ts';
import { parseTime } from '../request-time.ts';
import {
  answers,
  LIST_PARAMETERS,
  listOf,
  PRICE_HISTORY_ROW,
  PRICE_ROW,
  parameters,
  SYMBOL,
} from '../schemas.ts';

const DEFAULT_SYMBOL = { ...SYMBOL, default: 'BTCUSDT' };
const LATEST = parameters({ symbol: DEFAULT_SYMBOL });
const HISTORY = parameters({
  symbol: DEFAULT_SYMBOL,
  ...LIST_PARAMETERS,
  features: Type.Boolean({ description: 'also `price_lag_1` to `price_lag_5` and `ma_10`', default: false }),
});
const STATS = parameters({
  symbol: DEFAULT_SYMBOL,
  hours: Type.Number({ description: 'how far back', exclusiveMinimum: 0, maximum: 8784, default: 24 }),
});
const STATS_ANSWER = Type.Object({ symbol: Type.String(), hours: Type.Number(), count: Type.Integer() });

export function priceRoutes(app: FastifyInstance, context: ApiContext): void {
  const { reader, queryTimeoutMs } = context;
  const tags = ['prices'];
  app.get<{ Querystring: Static<typeof LATEST> }>(
    '/price/latest',
    {
      schema: {
        summary: 'The newest price of a symbol',
        tags,
        querystring: LATEST,
        response: answers(PRICE_ROW),
      },
    },
    async (request, reply) => {
      const lake = await reader.pin(PRICE_TABLES);
      const price = await latestPrice(lake, request.query.symbol, AbortSignal.timeout(queryTimeoutMs));
      const body = Buffer.from(JSON.stringify(price));
      reply.type('application/json; charset=utf-8');
      context.known.keep(request, reply, new Answer([body]), lake.freshUntilMs);
      return reply.send(body);
    },
  );
  app.get<{ Querystring: Static<typeof HISTORY> }>(
    '/price/history',
    {
      schema: {
        summary: 'Polled prices of a symbol',
        tags,
        querystring: HISTORY,
        response: answers(listOf(PRICE_HISTORY_ROW)),
      },
    },
    (request, reply) => {
      const { query } = request;
      const question: PriceQuestion = {
        symbol: query.symbol,
        hasFeatures: query.features,
        fromUs: query.from === undefined ? undefined : parseTime('from', query.from),
        toUs: query.to === undefined ? undefined : parseTime('to', query.to),
      };
      return answerList(context, request, reply, {
        name: 'price/history',
        parameters: question,
        tables: ['prices'],
        query,
        toUs: question.toUs,
        answer: (lake, page) => listPrices(lake, question, page),
      });
    },
  );
  app.get<{ Querystring: Static<typeof STATS> }>(
    '/price/stats',
    {
      schema: {
        summary: 'What prices did in some hours',
        tags,
        querystring: STATS,
        response: answers(STATS_ANSWER),
      },
    },
    async (request) => {
      const lake = await reader.pin(PRICE_TABLES);
      const question = { ...request.query, nowMs: context.clock.nowUs() / 1000 };
      return priceStats(lake, question, AbortSignal.timeout(queryTimeoutMs));
    },
  );
}
