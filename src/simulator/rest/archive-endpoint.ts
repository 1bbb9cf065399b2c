/**
 * The archive of past days and months: a zip with one CSV of klines or aggregate trades, and its SHA-256 beside it.
 * Source: binance-public-data, README: no header and microseconds (since 2025) on spot, a header and milliseconds on
 * futures.
 */
import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';
import type { BarMarket } from '../bars/bar-market.ts';
import { aggregateTradeFields, klineItems } from '../bars/kline-frames.ts';
import type { TapeMarket, TapeSymbol } from '../bars/tape-symbol.ts';
import { MINUTE_MS } from '../bars/trade-tape.ts';
import type { RestAnswer } from './rest-answer.ts';

const PATH =
  /^\/data\/(spot|futures\/um|futures\/cm)\/(daily|monthly)\/(klines|aggTrades)\/([^/]+)\/(?:1m\/)?([^/]+?)-(1m|aggTrades)-(\d{4}-\d{2}(?:-\d{2})?)\.zip(\.CHECKSUM)?$/;
const MARKETS: Readonly<Record<string, TapeMarket>> = {
  spot: 'spot',
  'futures/um': 'usdm',
  'futures/cm': 'coinm',
};
const MICROSECONDS_SINCE_MS = Date.UTC(2025, 0, 1);
const KLINE_HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
const TRADE_HEADER = 'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker';
const MAX_CACHED = 50;

export class Archive {
  readonly #bars: BarMarket;
  readonly #hasBadChecksums: () => boolean;
  readonly #zips = new Map<string, Uint8Array>();

  constructor(bars: BarMarket, hasBadChecksums: () => boolean) {
    this.#bars = bars;
    this.#hasBadChecksums = hasBadChecksums;
  }

  /** @returns undefined for a path that is none of the archive's */
  answer(path: string, nowMs: number): RestAnswer | undefined {
    if (!path.startsWith('/data/')) return undefined;
    const match = PATH.exec(decodeURIComponent(path));
    const [, folder = '', period = '', kind = '', symbol = '', , , date = '', isChecksum] = match ?? [];
    const of = this.#bars.symbol(MARKETS[folder] ?? 'spot', symbol);
    const [fromMs, toMs] = spanOf(period, date);
    if (match === null || of === undefined || !(toMs <= startOfDay(nowMs))) return missing();
    const name = `${symbol}-${kind === 'klines' ? '1m' : kind}-${date}`;
    const zip = this.#zip(of, kind, name, fromMs, toMs);
    if (isChecksum === undefined) return found('application/zip', zip);
    const digest = createHash('sha256').update(zip).digest('hex');
    const text = this.#hasBadChecksums()
      ? digest.replace(/^./, (first) => (first === '0' ? '1' : '0'))
      : digest;
    return found('text/plain', `${text}  ${name}.zip\n`);
  }

  #zip(of: TapeSymbol, kind: string, name: string, fromMs: number, toMs: number): Uint8Array {
    const key = `${of.market} ${name}`;
    let zip = this.#zips.get(key);
    if (zip === undefined) {
      const lines = kind === 'klines' ? this.#klines(of, fromMs, toMs) : this.#trades(of, fromMs, toMs);
      zip = zipSync({ [`${name}.csv`]: Buffer.from(`${lines.join('\n')}\n`) }, { level: 1 });
      if (this.#zips.size >= MAX_CACHED) this.#zips.clear();
      this.#zips.set(key, zip);
    }
    return zip;
  }

  #klines(of: TapeSymbol, fromMs: number, toMs: number): string[] {
    const lines = of.market === 'spot' ? [] : [KLINE_HEADER];
    for (let minute = fromMs / MINUTE_MS; minute < toMs / MINUTE_MS; minute++) {
      if (!this.#bars.isKept(minute)) continue;
      const items = [...klineItems(of, this.#bars.bar(of, minute))];
      if (of.market === 'spot' && fromMs >= MICROSECONDS_SINCE_MS) {
        items[0] = Number(items[0]) * 1000;
        items[6] = Number(items[6]) * 1000 + 999;
      }
      lines.push(items.join(','));
    }
    return lines;
  }

  #trades(of: TapeSymbol, fromMs: number, toMs: number): string[] {
    const lines = of.market === 'spot' ? [] : [TRADE_HEADER];
    const isMicros = of.market === 'spot' && fromMs >= MICROSECONDS_SINCE_MS;
    for (let minute = fromMs / MINUTE_MS; minute < toMs / MINUTE_MS; minute++) {
      for (const trade of this.#bars.trades(of, minute)) {
        const { a, p, q, f, l, T, m } = aggregateTradeFields(of, trade);
        const best = of.market === 'spot' ? [',True'] : [];
        const maker = of.market === 'spot' ? (m ? 'True' : 'False') : String(m);
        lines.push(`${a},${p},${q},${f},${l},${isMicros ? T * 1000 : T},${maker}${best.join('')}`);
      }
    }
    return lines;
  }
}

function spanOf(period: string, date: string): readonly [number, number] {
  const [year = Number.NaN, month = 1, day = 1] = date.split('-').map(Number);
  const from = Date.UTC(year, month - 1, day);
  return [from, period === 'daily' ? Date.UTC(year, month - 1, day + 1) : Date.UTC(year, month, 1)];
}

function startOfDay(nowMs: number): number {
  return Math.floor(nowMs / 86_400_000) * 86_400_000;
}

function found(contentType: string, body: string | Uint8Array): RestAnswer {
  return { status: 200, weight: 0, pool: 'archive', contentType, body };
}

function missing(): RestAnswer {
  const body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>';
  return { status: 404, weight: 0, pool: 'archive', contentType: 'application/xml', body };
}
