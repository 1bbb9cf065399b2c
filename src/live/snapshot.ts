/** What a reader of a channel gets first: the newest rows, with their versions. */
import { jsonRowsOf } from '../output/json-rows.ts';
import { barTables, listBars } from '../questions/bar-lists.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import type { ListAnswer, Page } from '../questions/list-answer.ts';
import type { PinnedLake } from '../questions/pinned-lake.ts';
import { latestPrice, PRICE_TABLES } from '../questions/price-facts.ts';
import { listCoverage, listQuality } from '../questions/record-lists.ts';
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
      if (symbol === undefined) return { versions: lake.versions, json: '[]' };
      return { versions: lake.versions, json: JSON.stringify([await latestPrice(lake, symbol, signal)]) };
    }
    case 'liquidations': {
      const lake = await reader.pin(['liquidation']);
      const name = symbol === undefined ? undefined : parseSymbol(symbol).symbol;
      const rows = await lake.query({
        sql: `SELECT * FROM (SELECT * FROM liquidation${name === undefined ? '' : ' WHERE symbol = $symbol'} ORDER BY trade_time DESC LIMIT ${ROWS}) ORDER BY trade_time`,
        values: name === undefined ? {} : { symbol: name },
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
      return rowsOf(lake, await listQuality(lake, { ...all, check: undefined, symbol }, page));
    }
  }
}

function rowsOf({ versions }: PinnedLake, { rows }: ListAnswer): ChannelSnapshot {
  return { versions, json: jsonRowsOf(rows) };
}
