import { describe, expect, it } from 'vitest';
import { type Bar, MINUTE_US } from '../../../src/bars/bar.ts';
import { type Clock, createSystemClock } from '../../../src/base/clock.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import { addBar } from '../../../src/ingest/rows/bar-rows.ts';
import { TableBatch } from '../../../src/ingest/rows/table-batch.ts';
import { TableBatches } from '../../../src/ingest/rows/table-batches.ts';
import { appendBatch } from '../../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../../src/lake/open-lake-table.ts';
import { BARS_1M_TABLE } from '../../../src/lake/tables/bars-1m.ts';
import { TRADES_TABLE } from '../../../src/lake/tables/trades.ts';
import { appendNewRows } from '../../../src/services/backfill/append-new-rows.ts';
import type { SpoolRecord } from '../../../src/spool/segments/record.ts';
import { Spool } from '../../../src/spool/segments/spool.ts';
import { spoolFolder } from '../../../src/spool/state/spool-folder.ts';
import { query, temporaryFolder } from '../../support/program.ts';
import { frameAt, responseAt, SECOND_US, T0_MS, T0_US } from '../../support/segment.ts';

const FIRST_US = T0_US - (T0_US % MINUTE_US) - 10 * MINUTE_US;

/** A collector of one source, a segment at a time. */
async function collector(source: string) {
  const lake = await temporaryFolder();
  const spool = await temporaryFolder();
  let nowUs = T0_US;
  const clock: Clock = { ...createSystemClock(), nowUs: () => nowUs };
  let committer = new SegmentCommitter(clock);
  let floorSegment = 0;
  const receive = async (records: readonly SpoolRecord[]) => {
    const folder = spoolFolder(spool, source);
    const open = await Spool.open({ folder, floorSegment, onStateChange: () => undefined });
    for (const record of records) {
      await open.append(record);
      nowUs = Math.max(nowUs, record.receivedAtUs);
    }
    floorSegment = (await open.close()) ?? floorSegment;
    return floorSegment;
  };
  const target = { lake, spool, source, appId: 'a', duplicateWindowMs: 600_000, machine: undefined };
  return {
    lake,
    receive,
    store: (segment: number) => committer.store(target, segment),
    restart: (afterUs = 0) => {
      nowUs += afterUs;
      committer = new SegmentCommitter(clock);
    },
  };
}

const closedAt = (minute: number, afterUs: number) => {
  const t = (FIRST_US + minute * MINUTE_US) / 1000;
  const k = { t, T: t + 59_999, s: 'BTCUSDT', i: '1m', f: minute * 10, L: minute * 10 + 9, n: 10, x: true };
  const values = { o: '1', c: '1', h: '1', l: '1', v: '5', q: '5', V: '1', Q: '1' };
  const data = { e: 'kline', E: T0_MS, s: 'BTCUSDT', k: { ...k, ...values } };
  const text = JSON.stringify({ stream: 'btcusdt@kline_1m', data });
  return frameAt(afterUs, text, 'spot/ws-1');
};

/** Minutes of a backfill, as it commits them. */
async function backfillBars(lake: string, from: number, to: number): Promise<void> {
  const batches = new TableBatches();
  const teller = { venue: 'binance', origin: 'rest', knownAtUs: T0_US, connection: 'rest' } as const;
  for (let minute = from; minute < to; minute++) {
    const bar = { market: 'spot', symbol: 'BTCUSDT', openTimeUs: FIRST_US + minute * MINUTE_US };
    const values = { open: 1, high: 1, low: 1, close: 1, volume: 5, quoteVolume: 5, tradeCount: 10 };
    const taker = { takerBuyVolume: 1, takerBuyQuoteVolume: 1, firstTradeId: null, lastTradeId: null };
    addBar(batches, { ...bar, ...values, ...taker, eventTimeUs: null } as Bar, 'counted', teller);
  }
  const table = await openLakeTable(lake, BARS_1M_TABLE);
  await appendBatch(table, batches.of(BARS_1M_TABLE), undefined);
}

const minutesIn = async (lake: string) =>
  (await query(lake, 'SELECT epoch_us(open_time) AS t FROM bars_1m ORDER BY t')).map(
    ({ t }) => (Number(t) - FIRST_US) / MINUTE_US,
  );

const tradeText = (a: number, afterMs = 0) => {
  const fields = { a, p: '1.5', q: '2', f: a * 2, l: a * 2 + 1, T: T0_MS + afterMs, m: true };
  return JSON.stringify({ e: 'aggTrade', E: T0_MS + afterMs, s: 'BTCUSDT', ...fields });
};
const tradeAt = (a: number, second: number) =>
  frameAt(second * SECOND_US, tradeText(a, second * 1000), 'spot/ws-1');

async function backfillTrades(lake: string, ids: readonly number[], atMs: number): Promise<void> {
  const batch = new TableBatch(TRADES_TABLE);
  for (const id of ids) {
    batch.add(atMs * 1000, {
      venue: 'binance',
      market: 'spot',
      symbol: 'BTCUSDT',
      trade_id: id,
      first_trade_id: id * 2,
      last_trade_id: id * 2 + 1,
      price: 1.5,
      quantity: 2,
      is_buyer_maker: 1,
      trade_time: atMs * 1000,
      origin: 'archive',
      // Long after the trade.
      received_at: (atMs + 5 * 3_600_000) * 1000,
      connection: 'archive',
    });
  }
  await appendBatch(await openLakeTable(lake, TRADES_TABLE), batch, undefined);
}

const idsIn = async (lake: string) =>
  (await query(lake, 'SELECT trade_id FROM trades ORDER BY trade_id')).map(({ trade_id }) =>
    Number(trade_id),
  );

describe('a backfill beside a collector', () => {
  it('doubles no minute, whichever of them commits first', async () => {
    const bars = await collector('bars');
    await bars.store(await bars.receive([closedAt(0, SECOND_US)]));
    await backfillBars(bars.lake, 1, 4);
    await bars.store(await bars.receive([closedAt(2, 2 * SECOND_US), closedAt(3, 3 * SECOND_US)]));
    await bars.store(await bars.receive([closedAt(4, 4 * SECOND_US)]));
    expect(await minutesIn(bars.lake)).toEqual([0, 1, 2, 3, 4]);
  });

  it('doubles no minute of segments that waited for hours while it ran', async () => {
    const bars = await collector('bars');
    const waiting = [
      await bars.receive([closedAt(0, SECOND_US)]),
      await bars.receive([closedAt(3, 2 * SECOND_US)]),
      await bars.receive([closedAt(6, 3 * SECOND_US)]),
    ];
    await backfillBars(bars.lake, 2, 200);
    bars.restart(3 * 3_600_000_000);
    for (const segment of waiting) await bars.store(segment);
    const minutes = await minutesIn(bars.lake);
    expect(new Set(minutes).size).toBe(minutes.length);
    expect(minutes).toHaveLength(199);
  });

  it('doubles no trade: neither of the stream, nor one that was asked for by its id', async () => {
    const trades = await collector('trades');
    await trades.store(await trades.receive([tradeAt(100, 1), tradeAt(101, 2)]));
    await backfillTrades(trades.lake, [103, 104], T0_MS + 4000);
    // A gap of hours ago that a repair asks for, and that a backfill filled.
    await backfillTrades(trades.lake, [10, 11, 12], T0_MS - 8 * 3_600_000);
    const answer = [9, 10, 11, 12, 13].map((a) => JSON.parse(tradeText(a, -8 * 3_600_000)));
    await trades.store(
      await trades.receive([
        tradeAt(102, 3),
        tradeAt(103, 4),
        responseAt(5 * SECOND_US, JSON.stringify(answer), {
          stream: 'aggTrade',
          trades: { symbol: 'BTCUSDT', fromId: 9, toId: 14 },
        }),
      ]),
    );
    expect(await idsIn(trades.lake)).toEqual([9, 10, 11, 12, 13, 100, 101, 102, 103, 104]);
    trades.restart();
    await backfillTrades(trades.lake, [105], T0_MS + 6000);
    await trades.store(await trades.receive([tradeAt(104, 5), tradeAt(105, 6), tradeAt(106, 7)]));
    expect((await idsIn(trades.lake)).slice(-3)).toEqual([104, 105, 106]);
  });

  it('doubles no trade that is asked for by its id long after it was stored', async () => {
    const trades = await collector('trades');
    await trades.store(await trades.receive([tradeAt(100, 1), tradeAt(103, 2)]));
    await trades.store(await trades.receive([tradeAt(104, 3600)]));
    const answer = [100, 101, 102, 103].map((a) => JSON.parse(tradeText(a)));
    const asked = { stream: 'aggTrade', trades: { symbol: 'BTCUSDT', fromId: 100, toId: 104 } };
    await trades.store(
      await trades.receive([responseAt(3601 * SECOND_US, JSON.stringify(answer), asked), tradeAt(105, 3602)]),
    );
    expect(await idsIn(trades.lake)).toEqual([100, 101, 102, 103, 104, 105]);
  });

  it('doubles no trade that leaves the window between the beginning of a segment and the answer in it', async () => {
    const trades = await collector('trades');
    await trades.store(await trades.receive([tradeAt(100, 1)]));
    const asked = { stream: 'aggTrade', trades: { symbol: 'BTCUSDT', fromId: 100, toId: 102 } };
    const answer = JSON.stringify([100, 101].map((a) => JSON.parse(tradeText(a))));
    // The window is twice as long as the setting when a source has company.
    await trades.store(
      await trades.receive([tradeAt(102, 1200), responseAt(1202 * SECOND_US, answer, asked)]),
    );
    expect(await idsIn(trades.lake)).toEqual([100, 101, 102]);
  });

  it('doubles no trade of a segment with an answer that waited for hours', async () => {
    const trades = await collector('trades');
    await trades.store(await trades.receive([tradeAt(100, 1)]));
    const answer = JSON.stringify([JSON.parse(tradeText(99))]);
    const asked = { stream: 'aggTrade', trades: { symbol: 'BTCUSDT', fromId: 99, toId: 100 } };
    const waiting = await trades.receive([
      responseAt(2 * SECOND_US, answer, asked),
      tradeAt(100, 3),
      tradeAt(101, 4),
    ]);
    trades.restart(3 * 3_600_000_000);
    await trades.store(waiting);
    expect(await idsIn(trades.lake)).toEqual([99, 100, 101]);
  });

  it('stores nothing of a batch when the collector was first, and all of it when that stored other rows', async () => {
    const bars = await collector('bars');
    const table = await openLakeTable(bars.lake, BARS_1M_TABLE);
    const batchOf = (minute: number) => {
      const batches = new TableBatches();
      const bar = { market: 'spot', symbol: 'BTCUSDT', openTimeUs: FIRST_US + minute * MINUTE_US };
      const teller = { venue: 'binance', origin: 'rest', knownAtUs: T0_US, connection: 'rest' } as const;
      addBar(batches, { ...bar, tradeCount: 1 } as Bar, 'counted', teller);
      return batches.of(BARS_1M_TABLE);
    };
    const isThere = (minute: number) => async () => (await minutesIn(bars.lake)).includes(minute);
    await bars.store(await bars.receive([closedAt(0, SECOND_US)]));
    expect(await appendNewRows(table, batchOf(0), {}, isThere(0))).toBeUndefined();
    await bars.store(await bars.receive([closedAt(1, 2 * SECOND_US)]));
    expect(await appendNewRows(table, batchOf(2), {}, isThere(2))).toBe(1);
    expect(await minutesIn(bars.lake)).toEqual([0, 1, 2]);
  });
});
