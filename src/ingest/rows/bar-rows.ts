/** Bars as rows of `bars_1m` and `bar_corrections`. */
import { type Bar, type BarOrigin, type Completeness, MINUTE_US } from '../../bars/bar.ts';
import { BAR_CORRECTIONS_TABLE } from '../../lake/tables/bar-corrections.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import type { RowSinks } from '../../sources/rows.ts';
import type { TableBatches } from './table-batches.ts';

/** Where a bar came from, and when. */
export interface BarProvenance {
  readonly venue: string;
  readonly origin: BarOrigin;
  /** Microseconds since the epoch. */
  readonly knownAtUs: number;
  readonly connection: string;
}

export function addBar(
  batches: TableBatches,
  bar: Bar,
  completeness: Completeness,
  from: BarProvenance,
): void {
  pushBar(batches.of(BARS_1M_TABLE).begin(bar.openTimeUs), bar, completeness, from);
}

/** @param revision counts the later words on a minute from 1. */
export function addCorrection(batches: TableBatches, bar: Bar, revision: number, from: BarProvenance): void {
  const row = batches.of(BAR_CORRECTIONS_TABLE).begin(bar.openTimeUs);
  pushBar(row, bar, bar.tradeCount === 0 ? 'quiet' : 'counted', from);
  row.revision.push(revision);
}

function pushBar(
  row: RowSinks<typeof BARS_1M_TABLE>,
  bar: Bar,
  completeness: Completeness,
  { venue, origin, knownAtUs, connection }: BarProvenance,
): void {
  row.venue.push(venue);
  row.market.push(bar.market);
  row.symbol.push(bar.symbol);
  row.timeframe.push('1m');
  row.open_time.push(bar.openTimeUs);
  row.close_time.push(bar.openTimeUs + MINUTE_US);
  row.open.push(bar.open);
  row.high.push(bar.high);
  row.low.push(bar.low);
  row.close.push(bar.close);
  row.volume.push(bar.volume);
  row.quote_volume.push(bar.quoteVolume);
  row.trade_count.push(bar.tradeCount);
  row.taker_buy_volume.push(bar.takerBuyVolume);
  row.taker_buy_quote_volume.push(bar.takerBuyQuoteVolume);
  row.first_trade_id.push(bar.firstTradeId);
  row.last_trade_id.push(bar.lastTradeId);
  row.origin.push(origin);
  row.completeness.push(completeness);
  row.event_time.push(bar.eventTimeUs);
  row.known_at.push(knownAtUs);
  row.connection.push(connection);
}
