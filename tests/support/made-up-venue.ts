/** A venue that the program does not know: all that its folder would hold. */
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { addLiquidation, LIQUIDATION_DEDUP } from '../../src/sources/liquidation.ts';
import { recordText } from '../../src/sources/record-text.ts';
import type { Source } from '../../src/sources/source.ts';
import type { Venue } from '../../src/sources/venue.ts';

const SOURCE: Source = {
  id: 'liquidations-made-up',
  venue: 'made-up',
  command: 'liquidations',
  coverageSource: 'liquidation',
  tables: [LIQUIDATION_TABLE],
  completeness: { isSample: false, note: 'all of them' },
  dedup: LIQUIDATION_DEDUP,
  feed: {
    stream: 'forced',
    dataName: 'liquidations',
    routeName: 'made-up stream',
    setting: 'MADE_UP_WS_URL',
    plan: (addresses) => [{ group: '', url: `${addresses.MADE_UP_WS_URL}/all`, topics: ['forced', 'tick'] }],
    markets: () => ['perp'],
    classify: (frame) => {
      const text = frame.toString();
      if (text.startsWith('ok ')) return 'ack';
      return text === 'tick' ? 'tick' : 'data';
    },
    subscription: {
      subscribe: (topics) => topics.map((topic) => ({ text: `+${topic}`, acks: 1 })),
      unsubscribe: (topics) => topics.map((topic) => ({ text: `-${topic}`, acks: 1 })),
      pauseMs: 1,
    },
    isSilenceUnproven: true,
  },
  decode(record, _facts, rows) {
    const text = recordText(record);
    if (text === 'tick') return rows.heard(null);
    const [symbol = '', price, quantity, time] = text.split(' ');
    if (time === undefined) return rows.quarantine('too short', text, 'perp');
    const order = {
      market: 'perp',
      symbol,
      side: 'SELL',
      orderType: null,
      timeInForce: null,
      status: null,
      price: Number(price),
      averagePrice: null,
      quantity: Number(quantity),
      lastFilledQuantity: null,
      filledQuantity: null,
      tradeTimeUs: Number(time) * 1000,
      eventTimeUs: null,
    } as const;
    addLiquidation(rows, record, 'made-up', order, () => ({ contractSize: null, notional: 1 }));
  },
};

export const MADE_UP: Venue = {
  name: 'made-up',
  title: 'Made up',
  settings: [{ env: 'MADE_UP_WS_URL', kind: 'wsUrl', fallback: 'wss://made.up', description: 'made up' }],
  limits: {
    settings: 'MADE_UP_…_URL',
    pool: ({ host }) => ({ name: host, limit: 100 }),
    isBanForAllHosts: true,
  },
  serverTime: { url: () => 'http://127.0.0.1:1/time', weight: 1, parse: () => undefined },
  routes: [],
  sources: [SOURCE],
};
