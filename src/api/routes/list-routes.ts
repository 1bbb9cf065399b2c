/** `/symbols`, `/liquidations`, `/coverage`, `/quality`. */
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { LakeError } from '../../base/errors.ts';
import {
  listCoverage,
  listLiquidations,
  listQuality,
  listSymbols,
  SYMBOL_TABLES,
} from '../../questions/record-lists.ts';
import { parseSymbol } from '../../questions/symbol-name.ts';
import { answerList } from '../answer-list.ts';
import type { ApiContext } from '../api-context.ts';
import { parseTime } from '../request-time.ts';
import {
  answers,
  COVERAGE_ROW,
  LIQUIDATION_ROW,
  LIST_PARAMETERS,
  listOf,
  parameters,
  QUALITY_ROW,
  SIDE,
  SYMBOL,
  SYMBOL_ROW,
} from '../schemas.ts';

const NAME = Type.Optional(Type.String({ minLength: 1, maxLength: 60 }));
const { from: _from, to: _to, ...PAGED } = LIST_PARAMETERS;
const SYMBOLS = parameters(PAGED);
const LIQUIDATIONS = parameters({
  ...LIST_PARAMETERS,
  bucket: Type.String({ description: 'length of a bucket: `1m`, `1h`, `1d`', maxLength: 10, default: '1h' }),
  symbol: Type.Optional(SYMBOL),
  venue: NAME,
  side: SIDE,
});
const COVERAGE = parameters({ ...LIST_PARAMETERS, source: NAME });
const QUALITY = parameters({ ...LIST_PARAMETERS, check: NAME, symbol: Type.Optional(SYMBOL) });

interface Times {
  readonly from?: string;
  readonly to?: string;
}

function spanOf({ from, to }: Times) {
  return {
    fromUs: from === undefined ? undefined : parseTime('from', from),
    toUs: to === undefined ? undefined : parseTime('to', to),
  };
}

export function listRoutes(app: FastifyInstance, context: ApiContext): void {
  const schema = (summary: string, querystring: object, row: Parameters<typeof listOf>[0]) => ({
    schema: { summary, tags: ['records'], querystring, response: answers(listOf(row)) },
  });
  app.get<{ Querystring: Static<typeof SYMBOLS> }>(
    '/symbols',
    schema('Symbols that are listed or stored, with the newest of their facts', SYMBOLS, SYMBOL_ROW),
    (request, reply) =>
      answerList(context, request, reply, {
        name: 'symbols',
        parameters: {},
        tables: SYMBOL_TABLES,
        query: request.query,
        toUs: undefined,
        answer: listSymbols,
      }),
  );
  app.get<{ Querystring: Static<typeof LIQUIDATIONS> }>(
    '/liquidations',
    schema('Totals of liquidations by time, venue and side: lower bounds', LIQUIDATIONS, LIQUIDATION_ROW),
    (request, reply) => {
      const { query } = request;
      const question = {
        ...spanOf(query),
        bucketUs: bucketOf(query.bucket),
        name: query.symbol === undefined ? undefined : parseSymbol(query.symbol),
        venue: query.venue,
        side: query.side,
      };
      return answerList(context, request, reply, {
        name: 'liquidations',
        parameters: question,
        tables: ['liquidation', 'coverage'],
        query,
        toUs: question.toUs,
        answer: (lake, page) => listLiquidations(lake, question, page),
      });
    },
  );
  app.get<{ Querystring: Static<typeof COVERAGE> }>(
    '/coverage',
    schema('When each connection was listening, and the holes of each stream', COVERAGE, COVERAGE_ROW),
    (request, reply) => {
      const question = { ...spanOf(request.query), source: request.query.source };
      return answerList(context, request, reply, {
        name: 'coverage',
        parameters: question,
        tables: ['coverage'],
        query: request.query,
        toUs: question.toUs,
        answer: (lake, page) => listCoverage(lake, question, page),
      });
    },
  );
  app.get<{ Querystring: Static<typeof QUALITY> }>(
    '/quality',
    schema('What the checks found, newest first', QUALITY, QUALITY_ROW),
    (request, reply) => {
      const { check, symbol } = request.query;
      const name = symbol === undefined ? undefined : parseSymbol(symbol);
      const question = { ...spanOf(request.query), check, name };
      return answerList(context, request, reply, {
        name: 'quality',
        parameters: question,
        tables: ['quality'],
        query: request.query,
        toUs: question.toUs,
        answer: (lake, page) => listQuality(lake, question, page),
      });
    },
  );
}

const UNIT_US: Readonly<Record<string, bigint>> = {
  s: 1_000_000n,
  m: 60_000_000n,
  h: 3_600_000_000n,
  d: 86_400_000_000n,
};

/** @returns microseconds. @throws LakeError USAGE. */
function bucketOf(text: string): bigint {
  const match = /^(\d{1,4})([smhd])$/.exec(text);
  const us = BigInt(match?.[1] ?? 0) * (UNIT_US[match?.[2] ?? ''] ?? 0n);
  if (us >= 1_000_000n && us <= 31n * 86_400_000_000n) return us;
  throw new LakeError('USAGE', `\`bucket\` is not a length: \`${text}\``, {
    hint: 'write `1m`, `15m`, `1h` or `1d`',
  });
}
