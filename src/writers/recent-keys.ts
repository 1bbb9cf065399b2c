/** The keys of the newest liquidations in the table, so that a restart does not forget what was just stored. */
import pl from 'nodejs-polars';
import type { AddFile } from '../delta/actions.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { locateFile } from '../delta/file-path.ts';
import { type Liquidation, liquidationKey } from '../models/liquidation.ts';

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

/** @returns keys with their time of receipt in microseconds, oldest first, no older than `windowMs` before the newest. */
export async function recentKeys(
  table: DeltaTable,
  windowMs: number,
): Promise<(readonly [string, number])[]> {
  const files = [...table.snapshot.files.values()].map((add) => ({ add, newestMs: newestReceiptMs(add) }));
  const newestMs = Math.max(...files.map(({ newestMs }) => newestMs ?? Number.NEGATIVE_INFINITY));
  const keys: [string, number][] = [];
  for (const { add, newestMs: fileNewestMs } of files) {
    // A file without statistics may hold anything.
    if (fileNewestMs !== undefined && fileNewestMs < newestMs - windowMs) continue;
    const location = locateFile(add.path);
    const path = location.kind === 'absolute' ? location.path : table.store.enginePath(location.name);
    keys.push(...keysOf(path));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const newestUs = keys.reduce((newest, [, receivedAtUs]) => Math.max(newest, receivedAtUs), 0);
  return keys
    .filter(([, receivedAtUs]) => newestUs - receivedAtUs <= windowMs * 1000)
    .sort((a, b) => a[1] - b[1]);
}

function keysOf(path: string): [string, number][] {
  const frame = pl.readParquet(path, { columns: [...COLUMNS] });
  const micros = (name: string) => Array.from(frame.getColumn(name).cast(pl.Int64).toArray(), Number);
  const [tradeTimes, receivedAt] = [micros('trade_time'), micros('received_at')];
  const column = (name: (typeof COLUMNS)[number]) => frame.getColumn(name).toArray() as unknown[];
  const [market, symbol, side] = [column('market'), column('symbol'), column('side')];
  const [quantity, price] = [column('quantity'), column('price')];
  const [averagePrice, filledQuantity] = [column('average_price'), column('filled_quantity')];
  return receivedAt.map((receivedAtUs, row) => {
    const order = {
      market: market[row],
      symbol: symbol[row],
      side: side[row],
      tradeTimeUs: tradeTimes[row],
      quantity: quantity[row],
      price: price[row],
      averagePrice: averagePrice[row] ?? null,
      filledQuantity: filledQuantity[row],
    } as Liquidation;
    return [liquidationKey(order), receivedAtUs];
  });
}

function newestReceiptMs({ stats }: AddFile): number | undefined {
  if (stats === undefined) return undefined;
  try {
    const { maxValues } = JSON.parse(stats) as { maxValues?: Record<string, unknown> };
    const newest = Date.parse(String(maxValues?.received_at));
    return Number.isNaN(newest) ? undefined : newest;
  } catch {
    return undefined;
  }
}
