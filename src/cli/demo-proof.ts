/** Compares what the simulator handed out with what the lake holds. */
import { naturalKey } from '../simulator/market/forced-order.ts';
import type { SimulatorTruth } from '../simulator/simulator.ts';

export interface DemoProof {
  readonly sent: number;
  readonly stored: number;
  /** Orders that certainly arrived and are not stored. */
  readonly lost: number;
  /** Rows beyond the first of an order. */
  readonly doubled: number;
}

/** @param ndjson rows of `liquidation`, one JSON object a line. */
export function proveDemo(truth: SimulatorTruth, ndjson: string): DemoProof {
  const rows = ndjson.split('\n').filter(Boolean);
  const stored = new Set(rows.map((line) => keyOfRow(JSON.parse(line) as Record<string, unknown>)));
  const missing = truth.liquidations.filter(({ key, isConfirmed }) => isConfirmed && !stored.has(key));
  return {
    sent: truth.liquidations.length,
    stored: rows.length,
    lost: missing.length,
    doubled: rows.length - stored.size,
  };
}

function keyOfRow(row: Record<string, unknown>): string {
  const text = (column: string) => (row[column] === null ? undefined : String(row[column]));
  return naturalKey({
    s: String(row.symbol),
    S: row.side === 'BUY' ? 'BUY' : 'SELL',
    o: '',
    f: '',
    X: '',
    l: '',
    q: String(row.quantity),
    p: String(row.price),
    ap: text('average_price') ?? '',
    z: String(row.filled_quantity),
    T: Date.parse(String(row.trade_time)),
    st: row.market === 'coinm' ? 2 : 1,
  });
}
