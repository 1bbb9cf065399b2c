/**
 * The keys of the newest liquidations in the table, so that a restart does not forget what was just stored. Files of
 * other engines count too: they may lack columns or statistics, and keep times in nanoseconds.
 */
import pl from 'nodejs-polars';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { localDataPaths } from '../../delta/store/data-path.ts';
import type { LiquidationKey } from '../../sources/binance/liquidation-key.ts';
import { concatSmallFiles, type Query } from '../write/concat-small-files.ts';
import { receiptBounds } from './received-at-range.ts';

const COLUMNS = [
  'market',
  'symbol',
  'side',
  'trade_time',
  'quantity',
  'price',
  'average_price',
  'filled_quantity',
  'received_at',
] as const;

const TIMES = ['trade_time', 'received_at'] as const;

type Cells = Readonly<Record<(typeof COLUMNS)[number], readonly unknown[]>>;
const NO_CELLS = Object.fromEntries(COLUMNS.map((name) => [name, []])) as unknown as Cells;

/**
 * @param nowMs milliseconds since the epoch: what a clock that was ahead has dated later counts as received now.
 * @param untilMs what was received later is left out.
 * @returns keys with their time of receipt in microseconds, oldest first, no older than `windowMs` before the newest.
 */
export async function recentKeys(
  table: DeltaTable,
  windowMs: number,
  nowMs: number,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<(readonly [LiquidationKey, number])[]> {
  const files = [...table.snapshot.files.values()]
    .map((add) => ({ add, ...receiptBounds(add) }))
    .filter(({ earliestMs }) => earliestMs <= untilMs);
  let cutoffMs = Number.NEGATIVE_INFINITY;
  for (const { certainMs } of files)
    cutoffMs = Math.max(cutoffMs, Math.min(certainMs, nowMs, untilMs) - windowMs);
  const keys: [LiquidationKey, number][] = [];
  // What lies outside of the table was not stored by us, and is read for nobody who did not ask for it.
  const recent = files.filter(({ latestMs }) => latestMs >= cutoffMs).map(({ add }) => add);
  const paths = await localDataPaths(recent, table.store);
  for (const rows of concatSmallFiles(paths)) {
    for (const [key, receivedAtUs] of keysOf(rows, cutoffMs * 1000)) {
      if (receivedAtUs <= untilMs * 1000) keys.push([key, Math.min(receivedAtUs, nowMs * 1000)]);
    }
    // Polars frees a frame's memory only when the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const newestUs = keys.reduce((newest, [, receivedAtUs]) => Math.max(newest, receivedAtUs), 0);
  return keys
    .filter(([, receivedAtUs]) => newestUs - receivedAtUs <= windowMs * 1000)
    .sort((a, b) => a[1] - b[1]);
}

function* keysOf(rows: Query, cutoffUs: number): Generator<[LiquidationKey, number]> {
  const cells = readCells(rows, cutoffUs);
  for (const [row, receivedAt] of cells.received_at.entries()) {
    const symbol = cells.symbol[row];
    // A row of another program without a symbol is no order that could come again.
    if (typeof symbol !== 'string') continue;
    const key = {
      market: cells.market[row],
      symbol,
      side: cells.side[row],
      tradeTimeUs: Number(cells.trade_time[row]),
      quantity: cells.quantity[row],
      price: cells.price[row],
      averagePrice: cells.average_price[row] ?? null,
      filledQuantity: cells.filled_quantity[row],
    } as LiquidationKey;
    yield [key, Number(receivedAt)];
  }
}

/** A compacted file may hold a whole day: what is too old is left out before it becomes JavaScript. */
function readCells(rows: Query, cutoffUs: number): Cells {
  const there = new Set(rows.columns);
  if (!there.has('received_at')) return NO_CELLS;
  const frame = rows
    .filter(micros(pl.col('received_at')).gtEq(pl.lit(cutoffUs)))
    .select(...COLUMNS.filter((name) => there.has(name)))
    .withColumns(...TIMES.filter((name) => there.has(name)).map((name) => micros(pl.col(name))))
    .collectSync();
  const cellsOf = (name: string) => (there.has(name) ? frame.getColumn(name).toArray() : []);
  return Object.fromEntries(COLUMNS.map((name) => [name, cellsOf(name)])) as unknown as Cells;
}

/** Whatever unit and zone the file keeps a time in. */
function micros(time: pl.Expr): pl.Expr {
  return time.cast(pl.Datetime('us')).cast(pl.Int64);
}
