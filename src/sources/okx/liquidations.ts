/**
 * Liquidations of swaps and futures; by OKX's own docs not all of them. Both arrive on one connection.
 * Source: OKX v5 docs, "Liquidation orders channel", "Connection" (ping).
 */
import { LIQUIDATION_TABLE } from '../../lake/tables/liquidation.ts';
import type { FeedSpec, FrameKind } from '../../network/websocket/feed-spec.ts';
import { LIQUIDATION_DEDUP, type Liquidation, type LiquidationValue, ownEntry } from '../liquidation.ts';
import { addFrame } from '../parsed-frame.ts';
import { recordText } from '../record-text.ts';
import type { Source } from '../source.ts';
import { CONTRACTS, INSTRUMENT_TYPES, OKX_CONTRACTS } from './contracts.ts';
import { parseFrame } from './parse-frame.ts';
import { OKX_WS_URL } from './settings.ts';

const VENUE = 'okx';
const CHANNEL = 'liquidation-orders';
/** A connection on which nothing comes for 30 s is closed unless it is pinged. */
const PING_MS = 20_000;
const CONTROL_PAUSE_MS = 50;
const HEAD_BYTES = 96;
const HOUR_MS = 3_600_000;
/**
 * What comes first after a subscription may be hours old and stored already: it is compared with all that was received
 * in the time in which an order may come at all.
 */
const BACKLOG_MS = 27 * HOUR_MS;

export function classifyFrame(frame: Buffer): FrameKind {
  const head = frame.toString('latin1', 0, HEAD_BYTES);
  if (head === 'pong') return 'pong';
  if (/"event"\s*:\s*"(?:un)?subscribe"/.test(head)) return 'ack';
  if (/"event"\s*:\s*"error"/.test(head)) return 'refused';
  if (head.includes('"event"')) return 'other';
  if (head.includes(`"${CHANNEL}"`)) return 'data';
  return head.includes('"tickers"') ? 'tick' : 'other';
}

/** Topics are `CHANNEL KEY VALUE`, one a frame, so that each has its own answer. */
function control(op: 'subscribe' | 'unsubscribe', topics: readonly string[]) {
  return topics.map((topic) => {
    const [channel, key = '', value] = topic.split(' ');
    return { text: JSON.stringify({ op, args: [{ channel, [key]: value }] }), acks: 1 };
  });
}

const FEED: FeedSpec = {
  stream: CHANNEL,
  dataName: 'liquidations',
  routeName: 'OKX stream',
  setting: OKX_WS_URL,
  plan: (addresses) => [
    {
      group: '',
      url: `${addresses[OKX_WS_URL]}/ws/v5/public`,
      // The canary comes last: when it ticks, the others were taken before it.
      topics: [
        ...INSTRUMENT_TYPES.map((type) => `${CHANNEL} instType ${type}`),
        'tickers instId BTC-USDT-SWAP',
      ],
      silenceFactor: 3,
    },
  ],
  markets: () => INSTRUMENT_TYPES.map((type) => type.toLowerCase()),
  classify: classifyFrame,
  subscription: {
    subscribe: (topics) => control('subscribe', topics),
    unsubscribe: (topics) => control('unsubscribe', topics),
    pauseMs: CONTROL_PAUSE_MS,
  },
  keepAlive: { text: 'ping', intervalMs: PING_MS },
  isSilenceUnproven: true,
};

export const OKX_LIQUIDATIONS: Source = {
  id: 'liquidations-okx',
  venue: VENUE,
  command: 'liquidations',
  coverageSource: 'liquidation',
  tables: [LIQUIDATION_TABLE],
  completeness: { isSample: true, note: 'not all orders, by its own docs; at their bankruptcy price' },
  feed: FEED,
  facts: [OKX_CONTRACTS],
  dedup: { ...LIQUIDATION_DEDUP, leastWindowMs: BACKLOG_MS },
  decode(record, facts, rows) {
    const parsed = parseFrame(recordText(record), record.receivedAtUs, rows.clockOffsetUs);
    addFrame(rows, record, VENUE, parsed, (order) => valueOfOrder(order, facts[CONTRACTS]));
  },
};

/** Quantities count contracts: of so much of the base asset, or of so many US dollars. */
function valueOfOrder({ symbol, quantity, price }: Liquidation, contracts: unknown): LiquidationValue {
  const contract = ownEntry(contracts, symbol);
  const [value, isInverse] = Array.isArray(contract) ? (contract as readonly unknown[]) : [];
  if (typeof value !== 'number') return { contractSize: null, notional: null };
  return { contractSize: value, notional: quantity * value * (isInverse === 1 ? 1 : price) };
}
