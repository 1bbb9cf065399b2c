/** `/price/predict`: what a model says of the next bar, beside its skill. */
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { parseInstrument } from '../../learn/instrument.ts';
import { predictionRow } from '../../learn/predict/prediction-row.ts';
import type { ApiContext } from '../api-context.ts';
import { answers, parameters, SYMBOL } from '../schemas.ts';

const QUESTION = parameters({
  symbol: { ...SYMBOL, default: 'BTCUSDT' },
  timeframe: Type.Optional(Type.String({ description: 'only a model of this length of bar', maxLength: 3 })),
  target: Type.Optional(Type.Union([Type.Literal('next-price'), Type.Literal('return')])),
  horizon: Type.Optional(Type.Integer({ description: 'only a model of this many bars ahead', minimum: 1 })),
  allow_stale: Type.Boolean({ description: 'also from inputs older than two bars', default: false }),
});

const NULLABLE = Type.Union([Type.Number(), Type.Null()]);
const ANSWER = Type.Object({
  symbol: Type.String(),
  price: Type.Number(),
  price_low: NULLABLE,
  price_high: NULLABLE,
  last_price: Type.Number(),
  made_at: Type.String({ format: 'date-time' }),
  predicted_for: Type.String({ format: 'date-time' }),
  age_seconds: Type.Number(),
  skill: NULLABLE,
  model: Type.String(),
  version: Type.String(),
  run: Type.String(),
  data_versions: Type.Record(Type.String(), Type.Integer()),
});

export function predictRoute(app: FastifyInstance, { predictor, clock }: ApiContext): void {
  app.get<{ Querystring: Static<typeof QUESTION> }>(
    '/price/predict',
    {
      schema: {
        summary: 'What the champion expects next, beside its skill',
        tags: ['prices'],
        querystring: QUESTION,
        response: answers(ANSWER),
      },
    },
    async ({ query: { symbol, timeframe, target, horizon, allow_stale: allowStale } }) => {
      const instrument = parseInstrument(symbol);
      const asked = { instrument, timeframe, target, horizon, allowStale };
      return predictionRow(await (await predictor()).latest(asked, clock.nowUs()));
    },
  );
}
