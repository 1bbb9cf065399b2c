/** `/bars/{symbol}`, `/indicators/{symbol}`, `/features/{symbol}`. */
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Hub } from '../../live/hub.ts';
import { withForming } from '../../live/with-forming.ts';
import { type BarKind, type BarQuestion, barTables, listBars } from '../../questions/bar-lists.ts';
import { parseSymbol } from '../../questions/symbol-name.ts';
import { parseTimeframe } from '../../questions/timeframes.ts';
import { answerList } from '../answer-list.ts';
import type { ApiContext } from '../api-context.ts';
import { parseTime } from '../request-time.ts';
import {
  answers,
  BAR_ROW,
  FEATURE_ROW,
  INDICATOR_ROW,
  LIST_PARAMETERS,
  listOf,
  parameters,
  SYMBOL,
  TIMEFRAME,
} from '../schemas.ts';

const PATH = parameters({ symbol: SYMBOL });
const QUERY = parameters({
  timeframe: TIMEFRAME,
  ...LIST_PARAMETERS,
  known: Type.Enum(['first', 'corrected'], {
    description: 'bars of 1m as first known, or corrected',
    default: 'corrected',
  }),
  fill: Type.Enum(['none', 'previous'], {
    description: 'fills holes with the close before; such rows are `filled`',
    default: 'none',
  }),
  forming: Type.Boolean({ description: 'also the bar that is not closed yet', default: false }),
});

const ROWS = { bars: BAR_ROW, indicators: INDICATOR_ROW, features: FEATURE_ROW };
const SUMMARIES: Readonly<Record<BarKind, string>> = {
  bars: 'Closed bars of a symbol, with their completeness and the holes between them',
  indicators: "Each bar's indicators",
  features: "Each bar's features",
};

export function barRoutes(app: FastifyInstance, context: ApiContext, hub: Hub): void {
  for (const kind of ['bars', 'indicators', 'features'] as const) {
    const schema = {
      summary: SUMMARIES[kind],
      tags: ['bars'],
      params: PATH,
      querystring: QUERY,
      response: answers(listOf(ROWS[kind])),
    };
    app.get<{ Params: Static<typeof PATH>; Querystring: Static<typeof QUERY> }>(
      `/${kind}/:symbol`,
      { schema },
      (request, reply) => {
        const { query, params } = request;
        const question: BarQuestion = {
          kind,
          symbol: params.symbol,
          timeframe: parseTimeframe(query.timeframe),
          known: query.known === 'first' ? 'first' : 'corrected',
          fill: query.fill === 'previous' ? 'previous' : 'none',
          fromUs: query.from === undefined ? undefined : parseTime('from', query.from),
          toUs: query.to === undefined ? undefined : parseTime('to', query.to),
        };
        parseSymbol(question.symbol);
        return answerList(context, request, reply, {
          name: kind,
          parameters: question,
          tables: tablesOf(question, query.forming),
          query,
          toUs: question.toUs,
          isLive: query.forming,
          answer: async (lake, page) => {
            const answer = await listBars(lake, question, page);
            return query.forming ? withForming(lake, answer, question, page, hub) : answer;
          },
        });
      },
    );
  }
}

/** A longer bar that forms is made of its minutes. */
function tablesOf(question: BarQuestion, isForming: boolean): string[] {
  const minutes = isForming && question.kind === 'bars' ? barTables({ kind: 'bars', timeframe: '1m' }) : [];
  return [...new Set([...barTables(question), ...minutes].map(({ name }) => name))];
}
