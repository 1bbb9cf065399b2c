import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deriveOnce } from '../../src/derive/derive-lake.ts';
import { type DeriveOptions, DeriveRun } from '../../src/derive/derive-run.ts';
import { DeriveState } from '../../src/derive/derive-state.ts';
import { prove } from '../../src/derive/prove.ts';
import { openTable } from '../../src/lake/open-table.ts';
import { MINUTE_US } from '../../src/lake/timeframe.ts';
import {
  contents,
  correctBars,
  storeBars,
  storeLiquidation,
  storeListening,
  T0_US,
  type TestBar,
  tableRows,
  walk,
} from '../support/bars.ts';
import { DERIVE_OPTIONS, derive, everything } from '../support/deriving.ts';
import { temporaryFolder } from '../support/program.ts';
import { sound, storeTickers, THRESHOLDS } from '../support/quality.ts';

/** What `--follow` does, at moments of ours. */
async function follower(
  lake: string,
): Promise<(minute: number, options?: Partial<DeriveOptions>) => Promise<unknown>> {
  const state = await DeriveState.open(DERIVE_OPTIONS, true);
  onTestFinished(() => state.close());
  return (minute, options = {}) =>
    deriveOnce(new DeriveRun({ lake, ...DERIVE_OPTIONS, nowMs: nowMs(minute), ...options }, state));
}

const nowMs = (minute: number) => (T0_US + minute * MINUTE_US) / 1000;

/** The same bars, derived all at once. */
async function atOnce(store: (lake: string) => Promise<void>, minute: number): Promise<unknown> {
  const lake = await temporaryFolder();
  await store(lake);
  await derive(lake, { nowMs: nowMs(minute) });
  return everything(lake);
}

/** The last hours of a day, and the first minutes of the next. */
const FROM = 1300;
const FIRST = walk(1460, { seed: 1 });
const SECOND = walk(1460, { seed: 2, symbol: 'ETHUSDT' });
const minutesOf = (from: number, until: number): TestBar[] => [
  ...FIRST.slice(from, until),
  ...SECOND.slice(from, until),
];

describe('derive that follows', () => {
  it('goes on bar by bar, over midnight, to the rows of one run over all of it', async () => {
    const lake = await temporaryFolder();
    const follow = await follower(lake);
    await storeBars(lake, minutesOf(0, FROM + 130));
    await follow(FROM + 130);
    for (let minute = FROM + 130; minute < 1460; minute++) {
      await storeBars(lake, minutesOf(minute, minute + 1));
      await follow(minute + 1);
    }
    const { snapshot } = await openTable(join(lake, 'indicators'));
    expect(snapshot.tombstones.size).toBe(0);
    expect(await everything(lake)).toEqual(
      await atOnce((whole) => storeBars(whole, minutesOf(0, 1460)), 1460),
    );
  }, 120_000);

  it('takes late bars, holes and corrections in as if they had been there in time', async () => {
    const [lake, bars] = [await temporaryFolder(), FIRST.slice(0, 140)];
    const follow = await follower(lake);
    await storeBars(lake, [...bars.slice(0, 60), ...bars.slice(70, 100)]);
    await follow(100);
    // Two that follow, one that is late, one that is known otherwise, and a hole.
    const corrected = { ...(bars[90] as TestBar), close: (bars[90] as TestBar).high, revision: 1 };
    const steps: (() => Promise<void>)[] = [
      () => storeBars(lake, bars.slice(100, 101)),
      () => storeBars(lake, bars.slice(101, 102)),
      () => storeBars(lake, bars.slice(62, 66)),
      () => storeBars(lake, bars.slice(102, 103)),
      () => correctBars(lake, [corrected]),
      () => storeBars(lake, bars.slice(103, 110)),
      () => storeBars(lake, bars.slice(112, 120)),
      () => storeBars(lake, bars.slice(120, 140)),
    ];
    for (const [index, step] of steps.entries()) {
      await step();
      await follow(120 + index);
    }
    const stored = bars.filter(
      (_, at) => (at < 60 || at >= 62) && (at < 66 || at >= 70) && (at < 110 || at >= 112),
    );
    const whole = async (other: string) => {
      await storeBars(other, stored);
      await correctBars(other, [corrected]);
    };
    expect(await everything(lake)).toEqual(await atOnce(whole, 140));
    // What is stored is what was known at any time, also where a part of it came late.
    for (const minute of [95, 139, 400]) {
      const proof = await prove({ lake, ...DERIVE_OPTIONS, nowMs: nowMs(140) }, T0_US + minute * MINUTE_US);
      expect(proof.differences).toEqual([]);
      expect(proof.rows).toBeGreaterThan(60);
    }
  }, 120_000);

  it('does not look again at days whose buckets the first run has just closed without all of their minutes', async () => {
    const lake = await temporaryFolder();
    const bars = walk(2901, { seed: 3 });
    const follow = await follower(lake);
    await storeBars(lake, bars.slice(FROM, 1460));
    await follow(2900);
    // Whoever read it now would fail.
    await rm(join(lake, 'bars_1m', 'date=2026-08-01'), { recursive: true });
    await storeBars(lake, bars.slice(2900));
    await follow(2901);
    const { snapshot } = await openTable(join(lake, 'indicators'));
    expect(snapshot.version).toBe(2);
  }, 60_000);

  it('stores what is wrong in bars and prices after each commit of them, once', async () => {
    const lake = await temporaryFolder();
    const follow = await follower(lake);
    const findings = () =>
      tableRows(lake, 'quality', 'SELECT "check", symbol, row_time FROM t ORDER BY ALL').catch(() => []);
    const bars = sound() as TestBar[];
    const faulty = { ...(bars[41] as TestBar), taker_buy_volume: 1e6 };
    const late = { ...(bars[30] as TestBar), known_at: (bars[30] as TestBar).open_time };
    const all = bars
      .filter((_, minute) => minute !== 30)
      .map((bar) => (bar.open_time === faulty.open_time ? faulty : bar));
    const steps: [() => Promise<void>, number][] = [
      [() => storeBars(lake, all.slice(0, 39)), 0],
      [() => storeBars(lake, all.slice(39, 40)), 0],
      [() => storeBars(lake, all.slice(40, 41)), 1],
      [() => storeBars(lake, all.slice(41, 59)), 1],
      [() => storeBars(lake, [late]), 2],
      [() => storeTickers(lake, { OUT: { last_price: 7 }, FINE: {} }), 3],
    ];
    for (const [index, [step, found]] of steps.entries()) {
      await step();
      await follow(70 + index, { thresholds: THRESHOLDS });
      expect((await findings()).filter(({ check }) => check !== 'continuity')).toHaveLength(found);
      await follow(70 + index, { thresholds: THRESHOLDS });
    }
    const whole = await temporaryFolder();
    await storeBars(whole, [...all, late]);
    await storeTickers(whole, { OUT: { last_price: 7 }, FINE: {} });
    await derive(whole, { nowMs: nowMs(80), thresholds: THRESHOLDS });
    const kept = await findings();
    expect(kept).toEqual(
      expect.arrayContaining(await tableRows(whole, 'quality', 'SELECT "check", symbol, row_time FROM t')),
    );
    // Where the bar was missing, ids did not go on before it came: that was found, and is not taken back.
    expect(kept.filter(({ check }) => check === 'continuity').length).toBeLessThanOrEqual(1);
  }, 60_000);

  it('looks only at what a table that changed goes into', async () => {
    const lake = await temporaryFolder();
    const follow = await follower(lake);
    const options = { thresholds: THRESHOLDS };
    await storeBars(lake, minutesOf(0, 100));
    await follow(100, options);
    const [table, away] = [join(lake, 'indicators'), join(lake, 'elsewhere')];
    await rename(table, away);
    await storeTickers(lake, { OUT: { last_price: 7 } });
    await follow(101, options);
    expect(
      await tableRows(lake, 'quality', `SELECT symbol FROM t WHERE "check" = 'ticker_range'`),
    ).toHaveLength(1);
    await rename(away, table);
    const heard = [{ source: 'liquidation' as const, fromUs: T0_US, untilUs: T0_US + 60 * MINUTE_US }];
    await storeListening(lake, heard);
    await follow(102, options);
    await storeBars(lake, minutesOf(100, 110));
    await follow(110, options);
    const storeAll = async (whole: string) => {
      await storeBars(whole, minutesOf(0, 110));
      await storeListening(whole, heard);
    };
    expect(await everything(lake)).toEqual(await atOnce(storeAll, 110));
  }, 60_000);

  it('computes anew what was computed and not stored', async () => {
    const lake = await temporaryFolder();
    const bars = FIRST.slice(0, 70);
    await storeBars(lake, bars.slice(0, 60));
    const state = await DeriveState.open(DERIVE_OPTIONS, true);
    const run = (minute: number, options: Partial<DeriveOptions> = {}) =>
      deriveOnce(new DeriveRun({ lake, ...DERIVE_OPTIONS, nowMs: nowMs(minute), ...options }, state));
    await run(60);
    await storeBars(lake, bars.slice(60, 65));
    const step = (name: string) => {
      if (name === 'derive:written') throw new Error('killed');
    };
    await expect(run(65, { step })).rejects.toThrow('killed');
    await state.close();
    const follow = await follower(lake);
    await follow(65);
    await storeBars(lake, bars.slice(65));
    await follow(70);
    expect(await everything(lake)).toEqual(await atOnce((whole) => storeBars(whole, bars), 70));
  }, 60_000);
});

describe('derive that follows beside another run', () => {
  it('writes nothing on top of what it has not seen, and begins anew', async () => {
    const lake = await temporaryFolder();
    const follow = await follower(lake);
    await storeBars(lake, FIRST.slice(0, 60));
    await follow(60);
    await storeBars(lake, FIRST.slice(60, 61));
    await derive(lake, { nowMs: nowMs(61) });
    await storeBars(lake, FIRST.slice(61, 65));
    await expect(follow(65)).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' });
    await (await follower(lake))(65);
    expect(await everything(lake)).toEqual(await atOnce((whole) => storeBars(whole, FIRST.slice(0, 65)), 65));
  }, 60_000);
});

describe('coverage and liquidations that come late', () => {
  const bars = FIRST.slice(0, 120);
  const listened = (from: number, until: number, source: 'bars' | 'liquidation') =>
    ({ source, fromUs: T0_US + from * MINUTE_US, untilUs: T0_US + until * MINUTE_US }) as const;

  it.each([true, false])(
    'change the rows that they are about (followed: %s)',
    async (isFollowed) => {
      const [lake, whole] = [await temporaryFolder(), await temporaryFolder()];
      const followed = await follower(lake);
      const follow = (minute: number) =>
        isFollowed ? followed(minute) : derive(lake, { nowMs: nowMs(minute) });
      const spans = [listened(0, 40, 'bars'), listened(0, 60, 'liquidation')];
      const lateSpans = [
        listened(40, 115, 'bars'),
        listened(60, 95, 'liquidation'),
        { ...listened(100, 110, 'bars'), state: 'unproven' } as const,
      ];
      await storeBars(lake, bars.slice(0, 119));
      await storeListening(lake, spans);
      await follow(200);
      await storeListening(lake, lateSpans);
      await follow(201);
      await storeLiquidation(lake, T0_US + 63 * MINUTE_US);
      await follow(202);
      await storeBars(lake, bars.slice(119));
      await follow(203);
      await storeBars(whole, bars);
      await storeListening(whole, [...spans, ...lateSpans]);
      await storeLiquidation(whole, T0_US + 63 * MINUTE_US);
      await derive(whole, { nowMs: nowMs(203) });
      const [mine, right] = [await everything(lake), await everything(whole)];
      expect(mine).toEqual(right);
      const shares = (right[0] ?? []).filter(({ timeframe }) => timeframe === '1h');
      expect(shares.map(({ listened_share }) => listened_share)).toEqual([1, 45 / 60]);
      const hit = right[2]?.find(({ liq_long_at_least }) => Number(liq_long_at_least) > 0);
      expect(hit?.open_time).toContain('01:00:00');
    },
    60_000,
  );

  it('are waited for where someone is listening, and not where nobody is', async () => {
    const lake = await temporaryFolder();
    const follow = await follower(lake);
    const features = async () => (await contents(lake, 'features')).length;
    await storeBars(lake, bars.slice(0, 60));
    await storeListening(lake, [listened(0, 64, 'liquidation')]);
    await follow(60);
    const before = await features();
    expect(before).toBeGreaterThan(0);
    await storeBars(lake, bars.slice(60, 65));
    await follow(65);
    expect(await features()).toBe(before);
    await storeListening(lake, [listened(64, 66, 'liquidation')]);
    await follow(66);
    expect(await features()).toBe(before + 1);
    // Nobody has listened for two minutes.
    await storeBars(lake, bars.slice(65, 70));
    await follow(70);
    expect(await features()).toBe(before + 2);
  }, 60_000);
});
