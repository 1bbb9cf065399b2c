import { describe, expect, it } from 'vitest';
import { type Bar, MINUTE_US } from '../../src/bars/bar.ts';
import type { MinuteRange } from '../../src/bars/plan-holes.ts';
import { addBar } from '../../src/ingest/rows/bar-rows.ts';
import { TableBatches } from '../../src/ingest/rows/table-batches.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { BARS_1M_TABLE } from '../../src/lake/tables/bars-1m.ts';
import { BarPlan, type Question } from '../../src/services/bars/bar-plan.ts';
import { type DueMinutes, readDue, writeDue } from '../../src/services/bars/due-minutes.ts';
import { BINANCE_HISTORY } from '../../src/sources/binance/kline-history.ts';
import { temporaryFolder } from '../support/program.ts';

const START_US = Date.UTC(2026, 10, 2) * 1000;
const DAY_US = 1440 * MINUTE_US;
const BTC = { venue: 'binance', market: 'spot', symbol: 'BTCUSDT' };
const ETH = { venue: 'binance', market: 'spot', symbol: 'ETHUSDT' };

async function planOf(due: DueMinutes = new Map(), rereadAfterMs: readonly number[] = [], inLake?: string) {
  const lake = inLake ?? (await temporaryFolder());
  const table = await openLakeTable(lake, BARS_1M_TABLE);
  const store = async (symbol: string, { fromUs, toUs }: MinuteRange) => {
    const batches = new TableBatches();
    const teller = { venue: 'binance', origin: 'rest', knownAtUs: toUs, connection: 'rest' } as const;
    for (let openTimeUs = fromUs; openTimeUs < toUs; openTimeUs += MINUTE_US)
      addBar(batches, { market: 'spot', symbol, openTimeUs, tradeCount: 1 } as Bar, 'counted', teller);
    await appendBatch(table, batches.of(BARS_1M_TABLE), undefined);
  };
  const plan = new BarPlan({ due, lake, venue: 'binance', history: BINANCE_HISTORY, rereadAfterMs });
  return { plan, due, store, lake };
}

/** Asks for all that is due and stores the answers, commit by commit. @returns how many commits that took. */
async function fill(
  { plan, store }: Awaited<ReturnType<typeof planOf>>,
  nowUs: number,
): Promise<{ readonly commits: number; readonly asked: readonly (MinuteRange & { symbol: string })[] }> {
  const asked: (MinuteRange & { symbol: string })[] = [];
  for (let commits = 0; ; commits++) {
    const storedUs = nowUs + commits * MINUTE_US;
    await plan.look(nowUs, storedUs);
    const { length } = asked;
    for (let next = plan.next(nowUs); next !== undefined; next = plan.next(nowUs)) {
      plan.asked(next, storedUs + 1);
      asked.push({ symbol: next.symbol, ...next.range });
      await store(next.symbol, next.range);
    }
    if (asked.length === length) return { commits, asked };
  }
}

describe('what a lake owes of bars', () => {
  it('of weeks in which nobody was here is found with the first commits, not a day a commit', async () => {
    const due: DueMinutes = new Map([['spot:BTCUSDT', { checkedUs: START_US, openHoles: [], rereadUs: {} }]]);
    const owed = await planOf(due);
    owed.plan.watch([BTC], START_US);
    const nowUs = START_US + 20 * DAY_US;
    const { commits, asked } = await fill(owed, nowUs);
    expect(asked.reduce((sum, { fromUs, toUs }) => sum + (toUs - fromUs), 0)).toBe(20 * DAY_US);
    expect(commits).toBeLessThanOrEqual(2);
    expect(due.get('spot:BTCUSDT')?.checkedUs).toBe(nowUs);
  });

  it('goes on where a backfill ended within the day before it was first watched, also after a kill', async () => {
    const owed = await planOf();
    await owed.store('BTCUSDT', { fromUs: START_US - 90 * MINUTE_US, toUs: START_US - 60 * MINUTE_US });
    await owed.store('BTCUSDT', { fromUs: START_US - 30 * MINUTE_US, toUs: START_US - 3 * MINUTE_US });
    await owed.store('ETHUSDT', { fromUs: START_US - 2 * DAY_US - MINUTE_US, toUs: START_US - 2 * DAY_US });
    owed.plan.watch([BTC, ETH], START_US);
    const folder = await temporaryFolder();
    await writeDue(folder, owed.due);
    for (const due of [owed.due, await readDue(folder)]) {
      const { plan } = await planOf(due, [], owed.lake);
      plan.watch([BTC, ETH], START_US + MINUTE_US);
      await plan.look(START_US + MINUTE_US, START_US + MINUTE_US);
      const asked = [plan.next(START_US)];
      plan.asked(asked[0] as Question, START_US);
      asked.push(plan.next(START_US));
      expect(asked.map((one) => [one?.symbol, one?.range.fromUs])).toEqual([
        ['BTCUSDT', START_US - 3 * MINUTE_US],
        ['ETHUSDT', START_US],
      ]);
    }
  });

  it('stays owed when a symbol is no longer watched, that minute too, and then is forgotten', async () => {
    const owed = await planOf();
    owed.plan.watch([BTC, ETH], START_US);
    const leftUs = START_US + 30 * MINUTE_US;
    owed.plan.watch([BTC], leftUs + 5_000_000);
    const { asked } = await fill(owed, START_US + 60 * MINUTE_US);
    const of = (symbol: string) => asked.filter((one) => one.symbol === symbol);
    expect(of('ETHUSDT')).toEqual([{ symbol: 'ETHUSDT', fromUs: START_US, toUs: leftUs + MINUTE_US }]);
    expect(of('BTCUSDT').at(-1)?.toUs).toBe(START_US + 60 * MINUTE_US);
    owed.plan.watch([BTC], START_US + 61 * MINUTE_US);
    expect([...owed.due.keys()]).toEqual(['spot:BTCUSDT']);
  });

  it('stays a hole where the exchange has no bar, and is asked for with pauses that grow to six hours', async () => {
    const { plan, due } = await planOf();
    plan.watch([BTC], START_US);
    const endUs = START_US + 2 * MINUTE_US;
    await plan.look(endUs, endUs);
    const first = plan.next(endUs);
    expect(first?.range).toEqual({ fromUs: START_US, toUs: endUs });
    if (first !== undefined) plan.asked(first, endUs);
    const asked: number[] = [];
    for (let minute = 1; minute < 2 * 1440; minute++) {
      const nowUs = endUs + minute * MINUTE_US;
      if (minute === 1) await plan.look(endUs, nowUs);
      const question = plan.next(nowUs);
      if (question === undefined) continue;
      asked.push(minute);
      plan.asked(question, nowUs);
    }
    expect(due.get('spot:BTCUSDT')).toMatchObject({
      checkedUs: endUs,
      openHoles: [{ fromUs: START_US, toUs: endUs }],
    });
    const pauses = asked.slice(1).map((minute, index) => minute - (asked[index] ?? 0));
    expect(pauses.slice(0, 7)).toEqual([2, 4, 8, 16, 32, 64, 128]);
    expect(Math.max(...pauses)).toBe(360);
  });

  it('is not forgotten while the watch list cannot be read, and goes on where a symbol comes back', async () => {
    const owed = await planOf();
    owed.plan.watch([BTC, ETH], START_US);
    owed.plan.watch(undefined, START_US + MINUTE_US);
    owed.plan.watch([BTC], START_US + 10 * MINUTE_US);
    owed.plan.watch([BTC, ETH], START_US + 20 * MINUTE_US);
    const { asked } = await fill(owed, START_US + 30 * MINUTE_US);
    expect(asked.filter(({ symbol }) => symbol === 'ETHUSDT')).toEqual([
      { symbol: 'ETHUSDT', fromUs: START_US, toUs: START_US + 30 * MINUTE_US },
    ]);
  });

  it('shows how it goes on: what is missing, what nobody tells, what was filled and what was read again', async () => {
    const owed = await planOf(new Map(), [600_000]);
    const { plan, store } = owed;
    plan.watch([BTC, ETH], START_US);
    const nowUs = START_US + 10 * MINUTE_US;
    await plan.look(nowUs, nowUs);
    const nothing = { missingMinutes: 0, unansweredMinutes: 0, repairedMinutes: 0, rereadMinutes: 0 };
    expect(plan.progress).toEqual({ ...nothing, missingMinutes: 20 });
    for (let next = plan.next(nowUs); next !== undefined; next = plan.next(nowUs)) {
      plan.asked(next, nowUs + 1);
      // Of one symbol the last three minutes come later.
      const late = next.symbol === 'ETHUSDT' ? 3 * MINUTE_US : 0;
      await store(next.symbol, { ...next.range, toUs: next.range.toUs - late });
    }
    expect(plan.progress).toEqual(nothing);
    await plan.look(nowUs, nowUs + MINUTE_US);
    expect(plan.progress).toEqual({ ...nothing, unansweredMinutes: 3, repairedMinutes: 17 });
    await store('ETHUSDT', { fromUs: nowUs - 3 * MINUTE_US, toUs: nowUs });
    await plan.look(nowUs, nowUs + 2 * MINUTE_US);
    expect(plan.progress).toEqual({ ...nothing, repairedMinutes: 20 });
    owed.due.set('spot:BTCUSDT', { checkedUs: nowUs, openHoles: [], rereadUs: { 600000: START_US } });
    const reread = plan.next(nowUs + 5 * MINUTE_US);
    if (reread !== undefined) plan.asked(reread, nowUs + 5 * MINUTE_US);
    expect(plan.progress).toEqual({ ...nothing, repairedMinutes: 20, rereadMinutes: 5 });
  });

  it('are bars to be read again when the exchange refused that: later, and without holding up other symbols', async () => {
    const due: DueMinutes = new Map(
      ['BTCUSDT', 'ETHUSDT'].map((symbol) => [
        `spot:${symbol}`,
        { checkedUs: START_US + 60 * MINUTE_US, openHoles: [], rereadUs: { 600000: START_US } },
      ]),
    );
    const { plan } = await planOf(due, [600_000]);
    plan.watch([BTC, ETH], START_US);
    const nowUs = START_US + 20 * MINUTE_US;
    const refused = plan.next(nowUs);
    expect(refused).toMatchObject({ symbol: 'BTCUSDT', rereadMs: 600_000 });
    if (refused !== undefined) plan.refused(refused, nowUs);
    const other = plan.next(nowUs);
    expect(other).toMatchObject({ symbol: 'ETHUSDT', rereadMs: 600_000 });
    if (other !== undefined) plan.asked(other, nowUs);
    expect(plan.next(nowUs + 9 * MINUTE_US)?.symbol).not.toBe('BTCUSDT');
    const again = plan.next(nowUs + 10 * MINUTE_US);
    expect(again).toMatchObject({ symbol: 'BTCUSDT', range: { fromUs: START_US } });
  });

  it('is asked for to its end where no answer brought anything of a hole that is longer than one answer', async () => {
    const { plan } = await planOf();
    plan.watch([BTC], START_US);
    const endUs = START_US + 2500 * MINUTE_US;
    await plan.look(endUs, endUs);
    for (let next = plan.next(endUs); next !== undefined; next = plan.next(endUs)) plan.asked(next, endUs);
    // The answers were none.
    await plan.look(endUs, endUs + MINUTE_US);
    const laterUs = endUs + 2 * MINUTE_US;
    const asked: MinuteRange[] = [];
    for (let next = plan.next(laterUs); next !== undefined; next = plan.next(laterUs)) {
      asked.push(next.range);
      plan.asked(next, laterUs);
    }
    expect(asked.map(({ fromUs, toUs }) => (toUs - fromUs) / MINUTE_US)).toEqual([1000, 1000, 500]);
    expect(asked.at(-1)?.toUs).toBe(endUs);
  });
});
