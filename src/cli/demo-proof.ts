/** Compares what the simulated exchanges handed out with what the lake holds. */
import type { Simulator } from '../simulator/simulator.ts';
import type { SentOrder } from '../simulator/start-exchanges.ts';

export interface OrderProof {
  readonly venue: string;
  readonly sent: number;
  readonly stored: number;
  /** Orders that certainly arrived and are not stored. */
  readonly lost: number;
  /** Rows beyond the first of an order. */
  readonly doubled: number;
}

export interface BarProof {
  /** Minutes of all symbols that ended while they were watched. */
  readonly due: number;
  readonly stored: number;
  /** Minutes that are not stored, or not as they were. */
  readonly holes: number;
  readonly doubled: number;
}

type Row = Readonly<Record<string, unknown>>;

/** @param ndjson rows of `liquidation`, one JSON object a line. @returns a line a venue. */
export function proveOrders(sent: readonly SentOrder[], ndjson: string): readonly OrderProof[] {
  const rows = rowsOf(ndjson);
  return [...new Set(sent.map(({ venue }) => venue))].map((venue) => {
    const own = sent.filter((order) => order.venue === venue);
    const keys = rows.filter((row) => row.venue === venue).map(keyOfRow);
    const stored = new Set(keys);
    return {
      venue,
      sent: own.length,
      stored: keys.length,
      lost: own.filter(({ key, confirmedAtMs }) => confirmedAtMs.length > 0 && !stored.has(key)).length,
      doubled: keys.length - stored.size,
    };
  });
}

/**
 * @param ndjson rows of `bars_1m`. @param symbols that were watched, as market and name.
 * @param spanMs the minutes that are due, by the exchange's clock; the end is exclusive.
 */
export function proveBars(
  simulator: Pick<Simulator, 'bar'>,
  ndjson: string,
  symbols: readonly (readonly ['spot' | 'usdm' | 'coinm', string])[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): BarProof {
  const rows = rowsOf(ndjson);
  const minutes = (toMs - fromMs) / MINUTE_MS;
  let [holes, doubled] = [0, 0];
  for (const [market, symbol] of symbols) {
    for (let minute = 0; minute < minutes; minute++) {
      const openTimeMs = fromMs + minute * MINUTE_MS;
      const found = rows.filter(
        (row) =>
          row.market === market && row.symbol === symbol && Date.parse(String(row.open_time)) === openTimeMs,
      );
      const expected = simulator.bar(market, symbol, openTimeMs);
      const isThere = found.some(
        (row) => row.close === Number(expected?.close) && row.volume === Number(expected?.volume),
      );
      if (!isThere) holes++;
      doubled += Math.max(0, found.length - 1);
    }
  }
  return { due: minutes * symbols.length, stored: rows.length, holes, doubled };
}

const MINUTE_MS = 60_000;

function rowsOf(ndjson: string): readonly Row[] {
  return ndjson
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}

/** As `SentOrder.key` has it. */
function keyOfRow(row: Row): string {
  const { market, symbol, side, trade_time, quantity, price, average_price, filled_quantity } = row;
  const timeMs = Date.parse(String(trade_time));
  return [market, symbol, side, timeMs, quantity, price, average_price ?? '', filled_quantity ?? ''].join(
    '|',
  );
}
