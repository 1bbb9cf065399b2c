import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { DedupWindow } from '../../../src/ingest/dedup/dedup-window.ts';
import { LIQUIDATION_TABLE } from '../../../src/lake/tables/liquidation.ts';
import { PRICES_TABLE } from '../../../src/lake/tables/prices.ts';
import { QUARANTINE_TABLE } from '../../../src/lake/tables/quarantine.ts';
import type { SpoolRecord } from '../../../src/spool/segments/record.ts';
import {
  batchesOf,
  eventAt,
  frameAt,
  orderText,
  responseAt,
  rowsOf,
  SECOND_US,
  spanRowsOf,
  T0_MS,
  T0_US,
  tickAt,
} from '../../support/segment.ts';

/** What is reachable: after a full collection. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

const damaged = (text: string) =>
  ({ damaged: true, offset: 0, length: text.length, bytes: Buffer.from(text) }) as const;

describe('a liquidation', () => {
  it('becomes one row with every column of the table', () => {
    const [row] = rowsOf(batchesOf([frameAt(1500, orderText({ l: '3', z: '10' }))]).liquidation);
    expect(row).toEqual({
      venue: 'binance',
      market: 'usdm',
      symbol: 'XRPUSDT',
      side: 'BUY',
      order_type: 'LIMIT',
      time_in_force: 'IOC',
      status: 'FILLED',
      price: 1.4111,
      average_price: 1.4043,
      quantity: 15.4,
      last_filled_quantity: 3,
      filled_quantity: 10,
      contract_size: null,
      notional: 10 * 1.4043,
      trade_time: T0_US,
      event_time: T0_US + 1_005_000,
      received_at: T0_US + 1500,
      connection: 'ws-1',
      date: '2026-10-08',
    });
    expect(Object.keys(row ?? {})).toEqual(Object.keys(LIQUIDATION_TABLE.columns));
  });

  it('lies in the partition of its trade time, not of its receipt', () => {
    const midnightMs = Date.UTC(2026, 9, 8);
    const late = {
      ...frameAt(0, orderText({ T: midnightMs - 1 })),
      receivedAtUs: midnightMs * 1000 + SECOND_US,
    };
    const batches = batchesOf([late, { ...late, payload: Buffer.from(orderText({ T: midnightMs })) }]);
    expect(batches.liquidation.partitions.map(({ values }) => values.date)).toEqual([
      '2026-10-07',
      '2026-10-08',
    ]);
  });

  it('that both connections deliver is kept once, from the one that was first', () => {
    const batches = batchesOf([
      frameAt(1, orderText(), 'ws-2'),
      frameAt(2, orderText({ l: '1', q: '15.40' }), 'ws-1'),
    ]);
    expect(rowsOf(batches.liquidation)).toMatchObject([{ connection: 'ws-2', received_at: T0_US + 1 }]);
    expect(batches.duplicates).toBe(1);
  });

  it('of a segment before is a duplicate once that one is stored, and only then', () => {
    const window = new DedupWindow(600_000);
    batchesOf([frameAt(0, orderText())], { window });
    expect(batchesOf([frameAt(1, orderText())], { window }).liquidation.rowCount).toBe(1);
    window.accept();
    expect(batchesOf([frameAt(1, orderText())], { window }).liquidation.rowCount).toBe(0);
  });

  it('of COIN-M counts contracts: its value needs their size', () => {
    const frame = frameAt(SECOND_US, orderText({ s: 'BTCUSD_PERP', st: 2, z: '3' }));
    const sizes = eventAt(0, { type: 'contract_sizes', sizes: { BTCUSD_PERP: 100 } });
    expect(rowsOf(batchesOf([sizes, frame]).liquidation)).toMatchObject([
      { contract_size: 100, notional: 300 },
    ]);
    expect(rowsOf(batchesOf([frame]).liquidation)).toMatchObject([{ contract_size: null, notional: null }]);
  });

  it('is worth its filled quantity at the average price, or at its own where none is sent', () => {
    expect(rowsOf(batchesOf([frameAt(0, orderText({ z: '2', ap: '1.5' }))]).liquidation)).toMatchObject([
      { notional: 3 },
    ]);
    expect(
      rowsOf(batchesOf([frameAt(0, orderText({ z: '2', p: '4', ap: undefined }))]).liquidation),
    ).toMatchObject([{ notional: 8 }]);
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'of a COIN-M contract called %s has no size by accident',
    (s) => {
      const [row] = rowsOf(batchesOf([frameAt(0, orderText({ s, st: 2 }))]).liquidation);
      expect(row).toMatchObject({ symbol: s, contract_size: null, notional: null });
    },
  );
});

describe('a bad frame', () => {
  it('does not show that the connection listens, nor does the answer to a request', () => {
    const nothings = ['{', '{"e":"unknown"}', '{"result":null,"id":1}'].map((text) =>
      frameAt(4 * SECOND_US, text),
    );
    const binary = { ...tickAt(4 * SECOND_US), kind: 'binary' } as const;
    const batches = batchesOf([tickAt(0), ...nothings, binary, tickAt(8 * SECOND_US), tickAt(9 * SECOND_US)]);
    expect(spanRowsOf(batches)).toMatchObject([
      { started_at: T0_US, ended_at: T0_US, end_reason: 'silent' },
      { started_at: T0_US + 8 * SECOND_US, ended_at: T0_US + 9 * SECOND_US },
    ]);
  });

  it('goes to quarantine with its reason and never takes its neighbours with it', () => {
    const bad = [
      'not json',
      orderText({ q: '-1' }),
      orderText({ p: 'NaN' }),
      orderText({ T: 1_791_435_250 }),
      '{"__proto__":{"e":"forceOrder"}}',
      `{"e":"forceOrder","o":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      '\u001b[2J\u0000\u0007',
      '',
    ];
    const frames = bad.flatMap((text, i) => [
      frameAt(2 * i, text),
      frameAt(2 * i + 1, orderText({ q: String(i + 1) })),
    ]);
    const batches = batchesOf(frames);
    expect(batches.liquidation.rowCount).toBe(bad.length);
    const rows = rowsOf(batches.quarantine);
    expect(rows.map(({ raw }) => raw)).toEqual(bad.map((text) => text.slice(0, 4096)));
    expect(rows.every(({ reason }) => typeof reason === 'string' && reason.length > 3)).toBe(true);
    expect(Object.keys(rows[0] ?? {})).toEqual(Object.keys(QUARANTINE_TABLE.columns));
    expect(rows[0]).toMatchObject({
      source: 'liquidation',
      connection: 'ws-1',
      received_at: T0_US,
      date: '2026-10-08',
    });
  });

  it('keeps at most 4 KiB of its text, never half a character', () => {
    for (const text of ['x'.repeat(1_000_000), `a${'币'.repeat(3000)}`, `ab${'🦀'.repeat(3000)}`]) {
      const [row] = rowsOf(batchesOf([frameAt(0, text)]).quarantine);
      const raw = String(row?.raw);
      expect(text.startsWith(raw)).toBe(true);
      expect(Buffer.byteLength(raw)).toBeGreaterThan(4092);
      expect(Buffer.byteLength(raw)).toBeLessThanOrEqual(4096);
      expect(raw.isWellFormed()).toBe(true);
    }
  });

  it('is kept as text when it was binary', () => {
    const record: SpoolRecord = {
      ...frameAt(0, ''),
      kind: 'binary',
      payload: Buffer.from([0xff, 0xfe, 0x41]),
    };
    const [row] = rowsOf(batchesOf([record]).quarantine);
    expect(row).toMatchObject({ reason: 'a binary frame', raw: '\ufffd\ufffdA' });
  });
});

describe('damage in the spool', () => {
  it('is dated as the record before it, or as the first one when it comes first', () => {
    const batches = batchesOf([damaged('one'), frameAt(SECOND_US, orderText()), damaged('two')]);
    expect(rowsOf(batches.quarantine)).toMatchObject([
      { raw: 'one', received_at: T0_US + SECOND_US, date: '2026-10-08' },
      { raw: 'two', received_at: T0_US + SECOND_US },
    ]);
    expect(batches.liquidation.rowCount).toBe(1);
  });

  it('of a segment without an intact record, is dated as its file', () => {
    expect(rowsOf(batchesOf([damaged('all of it')]).quarantine)).toMatchObject([{ received_at: T0_US }]);
  });
});

describe('a price response', () => {
  const ticker = (symbol: string, change: object = {}) => ({
    symbol,
    lastPrice: '1.5',
    volume: '2',
    ...change,
  });

  it('becomes a row a symbol at the time of its poll', () => {
    const body = JSON.stringify([
      ticker('BTCUSDT', { firstId: -1, lastId: -1, count: 0 }),
      ticker('币安人生USDT'),
    ]);
    const batches = batchesOf([responseAt(20_000, body)], { source: 'prices' });
    const rows = rowsOf(batches.prices);
    expect(rows).toMatchObject([
      {
        symbol: 'BTCUSDT',
        collected_at: T0_US,
        received_at: T0_US + 20_000,
        first_trade_id: -1,
        bid_price: null,
      },
      { symbol: '币安人生USDT', last_price: 1.5, volume: 2, date: '2026-10-08' },
    ]);
    expect(Object.keys(rows[0] ?? {})).toEqual(Object.keys(PRICES_TABLE.columns));
    expect(rowsOf(batches.coverage)).toMatchObject([
      { source: 'prices', state: 'poll', started_at: T0_US + 5000, ended_at: T0_US + 20_000, frames: 2 },
    ]);
  });

  it('keeps the good rows beside bad ones, and a symbol once', () => {
    const body = JSON.stringify([ticker('A', { lastPrice: 'x' }), ticker('B'), ticker('B'), 7, ticker('C')]);
    const batches = batchesOf([responseAt(1, body)], { source: 'prices' });
    expect(rowsOf(batches.prices).map(({ symbol }) => symbol)).toEqual(['B', 'C']);
    expect(rowsOf(batches.quarantine).map(({ raw }) => raw)).toEqual([
      JSON.stringify(ticker('A', { lastPrice: 'x' })),
      '7',
    ]);
  });

  it('of which nothing can be understood is a failed poll', () => {
    const batches = batchesOf([responseAt(1, '<html>')], { source: 'prices' });
    expect(rowsOf(batches.quarantine)).toMatchObject([
      { raw: '<html>', connection: 'rest', source: 'prices' },
    ]);
    expect(rowsOf(batches.coverage)).toMatchObject([
      { state: 'poll_failed', frames: 0, end_reason: 'not JSON' },
    ]);
  });

  it('without a wanted symbol is an answered poll without rows', () => {
    const body = JSON.stringify([ticker('BTCUSDT')]);
    const batches = batchesOf([responseAt(1, body, { keep: { quotes: ['EUR'] } })], { source: 'prices' });
    expect(rowsOf(batches.coverage)).toMatchObject([{ state: 'poll', frames: 0 }]);
  });
});

describe('a segment', () => {
  it('gives the same rows when it is replayed', () => {
    const records = [
      frameAt(0, orderText()),
      frameAt(1, 'bad'),
      frameAt(2, orderText({ T: T0_MS + 1 }), 'ws-2'),
    ];
    const [once, again] = [batchesOf(records), batchesOf(records)];
    expect(rowsOf(again.liquidation)).toEqual(rowsOf(once.liquidation));
    expect(rowsOf(again.quarantine)).toEqual(rowsOf(once.quarantine));
    expect(rowsOf(again.coverage)).toEqual(rowsOf(once.coverage));
  });

  it('keeps bad frames of a megabyte each without keeping their megabytes', () => {
    const before = heapInUse();
    const records = function* () {
      for (let i = 0; i < 100; i++) yield frameAt(i, `${i}${'x'.repeat(1_000_000)}`);
    };
    const batches = batchesOf(records());
    expect(heapInUse() - before).toBeLessThan(10_000_000);
    expect(batches.quarantine.rowCount).toBe(100);
  });
});
