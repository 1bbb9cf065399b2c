/** What a frame of a liquidation stream means, whatever the venue, and how a parser looks at JSON from outside. */
import type { SpoolRecord } from '../spool/segments/record.ts';
import { addLiquidation, type Liquidation, type LiquidationValue } from './liquidation.ts';
import { recordText } from './record-text.ts';
import type { Rows } from './rows.ts';

export type ParsedFrame =
  | {
      readonly kind: 'liquidations';
      readonly orders: readonly Liquidation[];
      /** Orders of the same message that cannot be understood. */
      readonly rejected: readonly { readonly raw: string; readonly reason: string }[];
    }
  /** A message that only proves that the connection lives: the canary. */
  | { readonly kind: 'tick' }
  /** An answer to a control request. */
  | { readonly kind: 'control' }
  | { readonly kind: 'bad'; readonly reason: string };

export type Fields = Readonly<Record<string, unknown>>;

/** @returns undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function bad(reason: string): ParsedFrame {
  return { kind: 'bad', reason };
}

/** Takes each piece of a message on its own: one that cannot be understood never takes its neighbours with it. */
export function parseOrders<T>(
  pieces: readonly T[],
  parse: (piece: T) => Liquidation | string,
  whole: (piece: T) => unknown = (piece) => piece,
): ParsedFrame {
  const orders: Liquidation[] = [];
  const rejected: { raw: string; reason: string }[] = [];
  for (const piece of pieces) {
    const order = parse(piece);
    if (typeof order === 'string') rejected.push({ raw: rawOf(whole(piece)), reason: order });
    else orders.push(order);
  }
  return { kind: 'liquidations', orders, rejected };
}

/** The item's text; what is nested too deeply to be written again is left out. */
function rawOf(item: unknown): string {
  try {
    return JSON.stringify(item);
  } catch {
    return JSON.stringify(item, (key, value: unknown) =>
      key !== '' && typeof value === 'object' ? '(nested)' : value,
    );
  }
}

/** Hands over what a frame means. */
export function addFrame(
  rows: Rows,
  record: SpoolRecord,
  venue: string,
  parsed: ParsedFrame,
  worthOf: (order: Liquidation) => LiquidationValue,
): void {
  switch (parsed.kind) {
    case 'liquidations':
      for (const order of parsed.orders) addLiquidation(rows, record, venue, order, worthOf);
      for (const { raw, reason } of parsed.rejected) rows.quarantine(reason, raw);
      break;
    case 'tick':
      rows.heard(null);
      break;
    case 'bad':
      rows.quarantine(parsed.reason, recordText(record));
      break;
  }
}
