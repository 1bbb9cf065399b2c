/**
 * Forced orders of USDⓈ-M and COIN-M, which arrive on one route.
 * Source: Binance derivatives docs, "All Market Liquidation Order Streams".
 */

import { LIQUIDATION_TABLE } from '../../lake/tables/liquidation.ts';
import type { FeedSpec, FrameKind } from '../../network/websocket/feed-spec.ts';
import {
  addLiquidation,
  LIQUIDATION_DEDUP,
  type Liquidation,
  type LiquidationValue,
  ownEntry,
} from '../liquidation.ts';
import { recordText } from '../record-text.ts';
import type { Source } from '../source.ts';
import { COINM_CONTRACT_SIZES, CONTRACT_SIZES } from './contract-sizes.ts';
import { scanForceOrder } from './force-order-fast-path.ts';
import { parseFrame } from './parse-frame.ts';
import { FUTURES_WS_URL } from './settings.ts';

const VENUE = 'binance';
const STREAM = '!forceOrder@arr';
/** Ticks each second on the same connection, so that silence of the market and of the line differ. */
const CANARY_STREAM = 'btcusdt@markPrice@1s';
const MARKETS = ['usdm', 'coinm'];

/** Envelope and event type stand within it in every form that the exchange sends, combined or raw. */
const HEAD_BYTES = 96;

export function classifyFrame(frame: Buffer): FrameKind {
  const head = frame.toString('latin1', 0, HEAD_BYTES);
  if (head.includes('forceOrder')) return 'data';
  if (head.includes('markPrice')) return 'tick';
  return head.includes('serverShutdown') ? 'shutdown' : 'other';
}

const FEED: FeedSpec = {
  stream: STREAM,
  dataName: 'liquidations',
  routeName: 'stream',
  setting: FUTURES_WS_URL,
  routeHint: 'liquidations need /market',
  plan: (addresses) => [
    {
      group: '',
      url: `${addresses[FUTURES_WS_URL]}/market/stream?streams=${STREAM}/${CANARY_STREAM}`,
      topics: [],
    },
  ],
  markets: () => MARKETS,
  classify: classifyFrame,
  isSilenceUnproven: true,
};

export const BINANCE_LIQUIDATIONS: Source = {
  id: 'liquidations',
  venue: VENUE,
  command: 'liquidations',
  coverageSource: 'liquidation',
  tables: [LIQUIDATION_TABLE],
  completeness: { isSample: true, note: 'at most one order a symbol and second' },
  feed: FEED,
  facts: [COINM_CONTRACT_SIZES],
  dedup: LIQUIDATION_DEDUP,
  decode(record, facts, rows) {
    const worthOf = (order: Liquidation) => valueOfOrder(order, facts[CONTRACT_SIZES]);
    const usual = scanForceOrder(record.payload, record.receivedAtUs);
    if (usual) return addLiquidation(rows, record, VENUE, usual, worthOf);
    const text = recordText(record);
    const parsed = parseFrame(text, record.receivedAtUs);
    // What cannot be understood, and answers to requests, prove nothing.
    if (parsed.kind === 'liquidation') addLiquidation(rows, record, VENUE, parsed.record, worthOf);
    else if (parsed.kind === 'tick' || parsed.kind === 'shutdown') rows.heard(null);
    else if (parsed.kind === 'bad') rows.quarantine(parsed.reason, text);
  },
};

/** COIN-M quantities count contracts of so many US dollars. */
function valueOfOrder(order: Liquidation, contractSizes: unknown): LiquidationValue {
  const filled = order.filledQuantity ?? order.quantity;
  if (order.market !== 'coinm')
    return { contractSize: null, notional: filled * (order.averagePrice ?? order.price) };
  const size = ownEntry(contractSizes, order.symbol);
  const contractSize = typeof size === 'number' ? size : null;
  return { contractSize, notional: contractSize === null ? null : filled * contractSize };
}
