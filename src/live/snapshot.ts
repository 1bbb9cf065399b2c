/** What a reader of a channel gets first: the newest rows, with their versions. */
import { jsonRowsOf } from '../output/json-rows.ts';
import { barTables, listBars } from '../questions/bar-lists.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import type { ListAnswer, Page } from '../questions/list-answer.ts';
import type { PinnedLake } from '../questions/pinned-lake.ts';
import { latestPrice, latestPrices, PRICE_TABLES } from '../questions/price-facts.ts';
import { listCoverage, listQuality } from '../questions/record-lists.ts';
import { symbolCondition } from '../questions/symbol-condition.ts';
import { parseSymbol } from '../questions/symbol-name.ts';
import { parseTimeframe } from '../questions/timeframes.ts';
import type { Subscription } from './hub.ts';

export interface ChannelSnapshot {
  readonly versions: Readonly<Record<string, number>>;
  /** The rows as JSON. */
  readonly json: string;
}

const ROWS = 100;
const TIMEOUT_MS = 20_000;

/** @throws LakeError SYMBOL_NOT_FOUND and others. */
export async function snapshotOf(reader: LakeReader, subscription: Subscription): Promise<ChannelSnapshot> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const page: Page = { limit: ROWS, position: undefined, signal };
  const { channel, symbol, timeframe } = subscription;
  const all = { fromUs: undefined, toUs: undefined };
  const name = symbol === undefined ? undefined : parseSymbol(symbol);
  switch (channel) {
    case 'bars':
    case 'indicators': {
      const question = {
        ...all,
        kind: channel,
        symbol: symbol ?? '',
        timeframe: parseTimeframe(timeframe ?? '1m'),
        known: 'corrected',
        fill: 'none',
      } as const;
      const lake = await reader.pin(barTables(question).map(({ name }) => name));
      return rowsOf(lake, await listBars(lake, question, page));
    }
    case 'tickers': {
      const lake = await reader.pin(PRICE_TABLES);
      const prices =
        symbol === undefined ? await latestPrices(lake, signal) : [await latestPrice(lake, symbol, signal)];
      return { versions: lake.versions, json: JSON.stringify(prices) };
    }
    case 'liquidations': {
      const lake = await reader.pin(['liquidation']);
      const { where, values } = symbolCondition(name);
      const rows = await lake.query({
        sql: `SELECT * FROM (SELECT * FROM liquidation WHERE ${['true', ...where].join(' AND ')} ORDER BY trade_time DESC LIMIT ${ROWS}) ORDER BY trade_time`,
        values,
        scans: { liquidation: lake.newestDays('liquidation') },
        signal,
      });
      return { versions: lake.versions, json: jsonRowsOf(rows) };
    }
    case 'coverage': {
      const lake = await reader.pin(['coverage']);
      const fromUs = BigInt(Date.now() - 86_400_000) * 1000n;
      return rowsOf(lake, await listCoverage(lake, { fromUs, toUs: undefined, source: undefined }, page));
    }
    case 'quality': {
      const lake = await reader.pin(['quality']);
      return rowsOf(lake, await listQuality(lake, { ...all, check: undefined, name }, page));
    }
  }
}

function rowsOf({ versions }: PinnedLake, { rows }: ListAnswer): ChannelSnapshot {
  return { versions, json: jsonRowsOf(rows) };
}
