/**
 * `/udf/*`: the data feed that TradingView's charts ask for bars.
 * Source: TradingView Charting Library, "UDF" (`config`, `time`, `symbols`, `search`, `history`); times are seconds.
 */
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { LakeError } from '../../base/errors.ts';
import { toJson } from '../../output/cell.ts';
import { barTables, listBars } from '../../questions/bar-lists.ts';
import { listSymbols, SYMBOL_TABLES } from '../../questions/record-lists.ts';
import { columnOf, timesOf } from '../../questions/result-table.ts';
import { lengthUsOf, type Timeframe } from '../../questions/timeframes.ts';
import type { ApiContext } from '../api-context.ts';
import { answers, MAX_LIMIT, parameters } from '../schemas.ts';

const RESOLUTIONS: Readonly<Record<string, Timeframe>> = {
  '1': '1m',
  '5': '5m',
  '15': '15m',
  '60': '1h',
  '240': '4h',
  '1D': '1d',
  D: '1d',
};
const SECONDS = Type.Integer({ minimum: 0, maximum: 7_258_118_400 });
const HISTORY = parameters({
  symbol: Type.String({ minLength: 1, maxLength: 85 }),
  resolution: Type.String({ maxLength: 5 }),
  from: SECONDS,
  to: SECONDS,
  countback: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT })),
  currencyCode: Type.Optional(Type.String({ maxLength: 10 })),
});
const SYMBOL_QUERY = parameters({
  symbol: Type.String({ minLength: 1, maxLength: 85 }),
  currencyCode: Type.Optional(Type.String({ maxLength: 10 })),
});
const SEARCH = parameters({
  query: Type.String({ maxLength: 85, default: '' }),
  type: Type.Optional(Type.String({ maxLength: 20 })),
  exchange: Type.Optional(Type.String({ maxLength: 20 })),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 30 }),
});
const ANY = answers(Type.Object({}));
const FOUND = answers(Type.Array(Type.Object({ symbol: Type.String(), full_name: Type.String() })));
const ALL_SYMBOLS = 10_000;

export function udfRoutes(app: FastifyInstance, context: ApiContext): void {
  const { reader, queryTimeoutMs } = context;
  const route = (summary: string, querystring: object, response = ANY) => ({
    schema: { summary, tags: ['udf'], querystring, response },
  });
  app.get('/udf/config', route('What the feed can do', parameters({})), async () => ({
    supported_resolutions: ['1', '5', '15', '60', '240', '1D'],
    supports_search: true,
    supports_group_request: false,
    supports_marks: false,
    supports_timescale_marks: false,
    supports_time: true,
  }));
  app.get('/udf/time', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain').send(String(Math.floor(context.clock.nowUs() / 1e6))),
  );
  app.get<{ Querystring: Static<typeof SYMBOL_QUERY> }>(
    '/udf/symbols',
    route('What a symbol is', SYMBOL_QUERY),
    async (request) => {
      const wanted = request.query.symbol;
      const named = (await symbols()).filter(({ symbol, market, venue }) =>
        [symbol, `${market}:${symbol}`, `${venue}:${symbol}`].includes(wanted),
      );
      // As `/bars` understands a plain name.
      const found = named.find(({ market }) => isPlain(market)) ?? named[0];
      if (found === undefined)
        throw new LakeError('SYMBOL_NOT_FOUND', `\`${wanted}\` is not in the lake`, {
          hint: '`/symbols` lists them',
        });
      const isStock = found.market === 'stocks';
      return {
        name: found.symbol,
        ticker: tickerOf(found),
        description: `${found.symbol} (${found.venue} ${found.market})`,
        type: isStock ? 'stock' : 'crypto',
        exchange: found.venue,
        listed_exchange: found.venue,
        session: isStock ? '0930-1600' : '24x7',
        timezone: isStock ? 'America/New_York' : 'Etc/UTC',
        minmov: 1,
        pricescale: 100_000_000,
        has_intraday: true,
        supported_resolutions: ['1', '5', '15', '60', '240', '1D'],
      };
    },
  );
  app.get<{ Querystring: Static<typeof SEARCH> }>(
    '/udf/search',
    route('Symbols by a part of their name', SEARCH, FOUND),
    async (request) => {
      const { query, limit } = request.query;
      const part = query.toUpperCase();
      return (await symbols())
        .filter(({ symbol }) => symbol.toUpperCase().includes(part))
        .slice(0, limit)
        .map(({ symbol, venue, market }) => ({
          symbol,
          full_name: `${market}:${symbol}`,
          description: `${symbol} (${venue} ${market})`,
          exchange: venue,
          ticker: tickerOf({ symbol, market }),
          type: market === 'stocks' ? 'stock' : 'crypto',
        }));
    },
  );
  app.get<{ Querystring: Static<typeof HISTORY> }>(
    '/udf/history',
    route('Bars by columns', HISTORY),
    async (request) => {
      const { symbol, resolution, from, to, countback } = request.query;
      const timeframe = RESOLUTIONS[resolution];
      if (timeframe === undefined)
        throw new LakeError('USAGE', `\`${resolution}\` is not a resolution`, { hint: 'see `/udf/config`' });
      const toUs = BigInt(to) * 1_000_000n;
      const longestUs = lengthUsOf(timeframe) * BigInt(MAX_LIMIT);
      const question = {
        kind: 'bars',
        symbol,
        timeframe,
        known: 'corrected',
        fill: 'none',
        // `countback` wins over `from`; of more bars than fit the newest come.
        fromUs: countback === undefined ? maxOf(BigInt(from) * 1_000_000n, toUs - longestUs) : undefined,
        toUs,
      } as const;
      const lake = await reader.pin(barTables(question).map(({ name }) => name));
      const signal = AbortSignal.timeout(queryTimeoutMs);
      const page = { limit: countback ?? MAX_LIMIT, position: undefined, signal };
      const { rows } = await listBars(lake, question, page);
      if (rows.rowCount === 0) return { s: 'no_data' };
      const numbers = (name: string) => columnOf(rows, name).map(toJson);
      return {
        s: 'ok',
        t: timesOf(rows, 'open_time').map((us) => Number(us / 1_000_000n)),
        o: numbers('open'),
        h: numbers('high'),
        l: numbers('low'),
        c: numbers('close'),
        v: numbers('volume'),
      };
    },
  );

  async function symbols() {
    const lake = await reader.pin(SYMBOL_TABLES);
    const signal = AbortSignal.timeout(queryTimeoutMs);
    const { rows } = await listSymbols(lake, { limit: ALL_SYMBOLS, position: undefined, signal });
    const cell = (name: string, row: number) => String(columnOf(rows, name)[row] ?? '');
    return Array.from({ length: rows.rowCount }, (_, row) => ({
      symbol: cell('symbol', row),
      venue: cell('venue', row),
      market: cell('market', row),
    }));
  }
}

function isPlain(market: string): boolean {
  return market === 'spot' || market === 'stocks';
}

/** What charts ask for bars with. */
function tickerOf({ symbol, market }: { readonly symbol: string; readonly market: string }): string {
  return isPlain(market) || market === '' ? symbol : `${market}:${symbol}`;
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
