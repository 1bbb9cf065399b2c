/**
 * All liquidations of linear and inverse contracts, batched every 500 ms. There is no topic of all symbols: each contract
 * is subscribed. Source: Bybit v5 docs, "All Liquidation", "Connect" (limits of a connection, ping).
 */
import { LIQUIDATION_TABLE } from '../../lake/tables/liquidation.ts';
import {
  type ConnectionPlan,
  type FeedSpec,
  type FrameKind,
  groupOf,
} from '../../network/websocket/feed-spec.ts';
import { LIQUIDATION_DEDUP, type Liquidation, type LiquidationValue, ownEntry } from '../liquidation.ts';
import { addFrame } from '../parsed-frame.ts';
import { recordText } from '../record-text.ts';
import type { Source } from '../source.ts';
import { splitTopics } from '../split-topics.ts';
import { BYBIT_INSTRUMENTS, CATEGORIES, INSTRUMENTS } from './instruments.ts';
import { parseFrame } from './parse-frame.ts';
import { BYBIT_WS_URL } from './settings.ts';

const VENUE = 'bybit';
const PING_MS = 20_000;
/** A connection takes 21,000 characters of topics; some room is left for what JSON puts around them. */
const MAX_ARGS_CHARS = 20_000;
const TOPICS_A_FRAME = 200;
const CONTROL_PAUSE_MS = 100;
const HEAD_BYTES = 256;

/** Ticks on the same connection while the market is quiet. */
const CANARIES: Readonly<Record<string, string>> = { linear: 'tickers.BTCUSDT', inverse: 'tickers.BTCUSD' };
/** Inverse contracts are liquidated seldom: hours of silence are nothing unusual. */
const SILENCE_FACTORS: Readonly<Record<string, number>> = { linear: 3, inverse: 72 };

export function classifyFrame(frame: Buffer): FrameKind {
  const head = frame.toString('latin1', 0, HEAD_BYTES);
  if (head.includes('"allLiquidation.')) return 'data';
  if (head.includes('"tickers.')) return 'tick';
  if (/"(?:op|ret_msg)"\s*:\s*"(?:ping|pong)"/.test(head)) return 'pong';
  if (!/"op"\s*:\s*"(?:un)?subscribe"/.test(frame.toString('latin1'))) return 'other';
  return /"success"\s*:\s*true/.test(head) ? 'ack' : 'refused';
}

function marketOf(group: string): string {
  return group.replace(/-\d+$/, '');
}

function control(op: 'subscribe' | 'unsubscribe', topics: readonly string[]) {
  const frames = [];
  for (let from = 0; from < topics.length; from += TOPICS_A_FRAME) {
    const args = topics.slice(from, from + TOPICS_A_FRAME);
    frames.push({ text: JSON.stringify({ op, args }), acks: 1 });
  }
  return frames;
}

const FEED: FeedSpec = {
  stream: 'allLiquidation',
  dataName: 'liquidations',
  routeName: 'Bybit stream',
  setting: BYBIT_WS_URL,
  plan(addresses, facts) {
    return CATEGORIES.flatMap((category): ConnectionPlan[] => {
      const symbols = ownEntry(facts[INSTRUMENTS], category);
      if (!Array.isArray(symbols)) return [];
      const topics = (symbols as readonly unknown[]).map((symbol) => `allLiquidation.${String(symbol)}`);
      const canary = CANARIES[category] ?? '';
      return splitTopics(topics, MAX_ARGS_CHARS - canary.length).map((part, index) => ({
        group: index === 0 ? category : `${category}-${index + 1}`,
        url: `${addresses[BYBIT_WS_URL]}/v5/public/${category}`,
        // The last one: when it ticks, the others were taken before it.
        topics: [...part, canary],
        silenceFactor: SILENCE_FACTORS[category] ?? 1,
      }));
    });
  },
  markets: (group) => [marketOf(group)],
  classify: classifyFrame,
  subscription: {
    subscribe: (topics) => control('subscribe', topics),
    unsubscribe: (topics) => control('unsubscribe', topics),
    pauseMs: CONTROL_PAUSE_MS,
  },
  keepAlive: { text: '{"op":"ping"}', intervalMs: PING_MS },
  isSilenceUnproven: true,
};

export const BYBIT_LIQUIDATIONS: Source = {
  id: 'liquidations-bybit',
  venue: VENUE,
  command: 'liquidations',
  coverageSource: 'liquidation',
  tables: [LIQUIDATION_TABLE],
  completeness: { isSample: false, note: 'all orders, at their bankruptcy price, batched each 500 ms' },
  feed: FEED,
  facts: [BYBIT_INSTRUMENTS],
  dedup: LIQUIDATION_DEDUP,
  decode(record, _facts, rows) {
    const market = marketOf(groupOf(record.connection));
    const parsed = parseFrame(recordText(record), market, record.receivedAtUs);
    addFrame(rows, record, VENUE, parsed, valueOfOrder);
  },
};

/** Linear contracts count the base asset, inverse ones US dollars. */
function valueOfOrder({ market, quantity, price }: Liquidation): LiquidationValue {
  return market === 'inverse'
    ? { contractSize: 1, notional: quantity }
    : { contractSize: null, notional: quantity * price };
}
