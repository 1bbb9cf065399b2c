/** Fills a ledger with the bars that the tables hold already. */
import { type Bar, type BarOrigin, MINUTE_US } from '../../bars/bar.ts';
import { type BarLedger, chainIdOf } from '../../bars/bar-ledger.ts';
import type { KnownBar } from '../../bars/packed-bars.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { BAR_VALUE_COLUMNS } from '../../lake/tables/bar-columns.ts';
import { type BarCells, type BarSpan, readBars } from './read-bars.ts';

/** A late frame, or one of a segment that waited, is about minutes this long before. */
export const LEDGER_US = 30 * 60_000_000;

const COLUMNS = [
  'market',
  'symbol',
  'open_time',
  ...BAR_VALUE_COLUMNS,
  'origin',
  'event_time',
  'known_at',
  'revision',
];

/** @param corrections of the same bars; the newest one counts. */
export async function loadLedger(
  ledger: BarLedger,
  bars: DeltaTable,
  corrections: DeltaTable,
  span: BarSpan,
): Promise<void> {
  const known: KnownBar[] = [];
  for (const table of [bars, corrections])
    for await (const cells of readBars(table, span, COLUMNS)) known.push(...barsOf(cells));
  known.sort((a, b) => a.bar.openTimeUs - b.bar.openTimeUs || a.revision - b.revision);
  for (const one of known) {
    const { market, symbol, openTimeUs } = one.bar;
    const before = ledger.get(market, symbol, openTimeUs - MINUTE_US);
    ledger.load({ ...one, chainId: chainIdOf(one.bar, before?.chainId ?? null) });
  }
}

function barsOf(cells: BarCells): KnownBar[] {
  const number = (name: string, row: number): number => Number(cells[name]?.[row]);
  const optional = (name: string, row: number): number | null => {
    const cell = cells[name]?.[row];
    return cell === null || cell === undefined ? null : Number(cell);
  };
  return (cells.open_time ?? []).map((openTime, row): KnownBar => {
    const bar: Bar = {
      market: String(cells.market?.[row]),
      symbol: String(cells.symbol?.[row]),
      openTimeUs: Number(openTime),
      open: number('open', row),
      high: number('high', row),
      low: number('low', row),
      close: number('close', row),
      volume: number('volume', row),
      quoteVolume: optional('quote_volume', row),
      tradeCount: optional('trade_count', row),
      takerBuyVolume: optional('taker_buy_volume', row),
      takerBuyQuoteVolume: optional('taker_buy_quote_volume', row),
      firstTradeId: optional('first_trade_id', row),
      lastTradeId: optional('last_trade_id', row),
      eventTimeUs: optional('event_time', row),
    };
    const origin = String(cells.origin?.[row]) as BarOrigin;
    const revision = optional('revision', row) ?? 0;
    return { bar, origin, revision, chainId: null, knownAtUs: number('known_at', row) };
  });
}
