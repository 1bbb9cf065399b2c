/**
 * One forced order of an instrument, printed as the exchange prints it: a log-normal size (median near 120 USD, one in
 * a thousand near 90,000, as recorded), limit price on the wrong side of the fill, trailing zeros, an average price
 * with more decimals than the tick, a last fill that is often only a part.
 */

import type { SeededRandom } from '../../base/seeded-random.ts';
import type { ForcedOrder } from './forced-order.ts';
import type { Instrument } from './instruments.ts';

const MEDIAN_NOTIONAL = 123;
const NOTIONAL_SIGMA = 2.1;

/** @param tradeTimeMs the order's `T` */
export function makeOrder(
  instrument: Instrument,
  side: 'BUY' | 'SELL',
  tradeTimeMs: number,
  random: SeededRandom,
): ForcedOrder {
  const away = side === 'SELL' ? -1 : 1;
  const fill = instrument.price * (1 + random.normal() * 0.004);
  const limit = fill * (1 + away * (0.002 + random.next() * 0.018));
  const notional = MEDIAN_NOTIONAL * Math.exp(NOTIONAL_SIGMA * random.normal());
  const quantity = makeQuantity(instrument, notional, fill, random);
  const inParts = random.next() < 0.56 && quantity.parts > 1;
  const averageDecimals = instrument.priceDecimals + (inParts && random.next() < 0.1 ? 2 : 0);
  const named = random.next() < 0.95;
  return {
    s: instrument.symbol,
    S: side,
    o: 'LIMIT',
    f: 'IOC',
    q: quantity.text,
    p: printOnTick(limit, instrument),
    ap: inParts ? fill.toFixed(averageDecimals) : printOnTick(fill, instrument),
    X: 'FILLED',
    l: inParts ? lastFill(quantity.parts, instrument, random) : quantity.text,
    z: quantity.text,
    T: tradeTimeMs,
    ...(named ? { ps: instrument.pair, st: instrument.market === 'coinm' ? 2 : 1 } : {}),
  };
}

/** A fill of the same order as another connection may report it: at least one lot, at most all. */
export function lastFill(parts: number, instrument: Instrument, random: SeededRandom): string {
  return printLots(1 + random.below(parts), instrument);
}

function makeQuantity(
  instrument: Instrument,
  notional: number,
  fill: number,
  random: SeededRandom,
): { readonly text: string; readonly parts: number } {
  const perLot =
    instrument.contractSize === undefined
      ? fill / 10 ** instrument.quantityDecimals
      : instrument.contractSize;
  const lots = Math.max(1, Math.round(notional / perLot));
  // Round sizes are common: people trade 100 of something.
  const unit = lots > 500 && random.next() < 0.3 ? 10 ** Math.floor(Math.log10(lots) - 1) : 1;
  const parts = Math.round(lots / unit) * unit;
  return { text: printLots(parts, instrument), parts };
}

function printLots(lots: number, instrument: Instrument): string {
  return (lots / 10 ** instrument.quantityDecimals).toFixed(instrument.quantityDecimals);
}

function printOnTick(price: number, instrument: Instrument): string {
  const oneTick = 10 ** -instrument.tickDecimals;
  return Math.max(oneTick, Number(price.toFixed(instrument.tickDecimals))).toFixed(instrument.priceDecimals);
}
