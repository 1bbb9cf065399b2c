import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Hub, type Subscription } from '../../src/live/hub.ts';
import { type LogWatcherOptions, watchLog } from '../../src/live/log-watcher.ts';
import { LakeReader } from '../../src/questions/lake-reader.ts';
import { correctBars, storeBars, T0_US, walk } from '../support/bars.ts';
import { derive } from '../support/deriving.ts';
import { eventually, temporaryFolder } from '../support/program.ts';

const BARS = walk(240);
const minuteOf = (row: Row) => (Date.parse(row.open_time) - T0_US / 1000) / 60_000;

interface Row {
  readonly open_time: string;
  readonly close?: number;
  readonly closed?: boolean;
  readonly revision?: number;
}

/** A watched lake. @returns the rows that each channel tells, and the warnings. */
async function watched(
  lake: string,
  subscriptions: readonly Subscription[],
  tables: readonly string[],
  pace: Pick<LogWatcherOptions, 'absentEveryMs' | 'nowMs'> = {},
) {
  const reader = await LakeReader.open({ lake, memoryBytes: 256 * 2 ** 20 });
  const hub = new Hub(0);
  const pin = vi.spyOn(reader, 'pin');
  const { versions } = await reader.pin(tables);
  const received = subscriptions.map((subscription) => {
    const channel = hub.channel(subscription);
    hub.begin(channel, versions);
    const rows: Row[] = [];
    channel.listen(({ text }) => rows.push((JSON.parse(text) as { data: Row }).data));
    return rows;
  });
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void warnings.push(JSON.parse(line).msg) });
  const stop = new AbortController();
  const watching = watchLog({ reader, log, hub, ...pace }, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await watching;
    await reader.close();
  });
  const looks = (table?: string) =>
    pin.mock.calls.filter(([names]) => table === undefined || names.includes(table)).length;
  return { hub, received, warnings, looks };
}

const ofBars = (timeframe: string) => ({ channel: 'bars', symbol: 'BTCUSDT', timeframe }) as const;

describe('the log watcher', () => {
  it('tells the longer bars and the indicators that a correction has changed, once more, and no others', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, BARS);
    await derive(lake);
    const indicators = { channel: 'indicators', symbol: 'BTCUSDT', timeframe: '5m' } as const;
    const { hub, received } = await watched(
      lake,
      [ofBars('5m'), ofBars('1h'), indicators],
      ['bars_rollup', 'indicators'],
    );
    const [of5m = [], of1h = [], values = []] = received;
    const corrections = [151, 152].map((at, revision) => {
      const bar = BARS[at];
      if (bar === undefined) throw new Error('no bar');
      return { ...bar, high: bar.high + 1 + revision, known_at: bar.known_at + 9e9 + revision, revision: 1 };
    });
    for (const [index, correction] of corrections.entries()) {
      await correctBars(lake, [correction]);
      await derive(lake);
      // Of the bars after it, each indicator was known later.
      await eventually('all has come', () => of1h.length > index && values.length >= 18 * (index + 1));
    }
    expect(hub.publishedVersions.get('bars_rollup')).toBe(3);
    expect(of5m.map(minuteOf)).toEqual([150, 150]);
    expect(of1h.map(minuteOf)).toEqual([120, 120]);
    expect(values.map(minuteOf)).toEqual([
      ...Array.from({ length: 18 }, (_, index) => 150 + 5 * index),
      ...Array.from({ length: 18 }, (_, index) => 150 + 5 * index),
    ]);
  });

  it('tells a corrected minute, marked by its revision, and no earlier word on it after that', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, BARS.slice(0, 100));
    const { hub, received } = await watched(lake, [ofBars('1m')], ['bars_1m', 'bar_corrections']);
    const [rows = []] = received;
    const [bar, later] = BARS.slice(50, 52).map((one) => ({ ...one, known_at: one.known_at + 9e9 }));
    if (bar === undefined || later === undefined) throw new Error('no bar');
    // The table comes to be with it; of two words in one commit the newer one comes last.
    await correctBars(lake, [
      { ...bar, close: 2, revision: 2 },
      { ...bar, close: 1, revision: 1 },
    ]);
    await eventually('both words', () => rows.length > 1);
    await correctBars(lake, [{ ...later, close: 3, revision: 1 }]);
    await eventually('the other minute', () => rows.length > 2);
    // As a collector's socket or the log may still tell it.
    const key = { venue: 'binance', market: 'spot', symbol: 'BTCUSDT', timeframe: '1m' };
    const open_time = rows[0]?.open_time ?? '';
    hub.publish({ kind: 'bar', row: { ...key, open_time, close: 9, closed: true } });
    await storeBars(lake, BARS.slice(100, 101));
    await eventually('the next minute', () => rows.length > 3);
    expect(rows.map((row) => [minuteOf(row), row.revision])).toEqual([
      [50, 1],
      [50, 2],
      [51, 1],
      [100, undefined],
    ]);
    expect(rows.map(({ close, closed }) => [close, closed])).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [BARS[100]?.close, true],
    ]);
  });

  it('tells what was committed while the store was away, once it is back, and warns once of each trouble', async () => {
    const [lake, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    await storeBars(lake, BARS.slice(0, 100));
    const { received, warnings, looks } = await watched(lake, [ofBars('1m')], ['bars_1m']);
    const threeMoreLooks = async () => {
      const before = looks();
      await eventually('three looks', () => looks() > before + 3);
    };
    await rename(join(lake, 'bars_1m'), join(elsewhere, 'bars_1m'));
    await eventually('it is missed', () => warnings.length > 0);
    await storeBars(elsewhere, BARS.slice(100, 101));
    await threeMoreLooks();
    expect(warnings).toHaveLength(1);
    // The log is back before what it names.
    const day = join(elsewhere, 'bars_1m', 'date=2026-08-01');
    await rename(day, join(elsewhere, 'day'));
    await rename(join(elsewhere, 'bars_1m'), join(lake, 'bars_1m'));
    await eventually('the files are missed', () => warnings.length > 1);
    await threeMoreLooks();
    expect([warnings.length, received[0]]).toEqual([2, []]);
    await rename(join(elsewhere, 'day'), join(lake, 'bars_1m', 'date=2026-08-01'));
    await eventually('the bar has come', () => (received[0] ?? []).length > 0);
    await storeBars(lake, BARS.slice(101, 102));
    await eventually('the next one too', () => (received[0] ?? []).length > 1);
    expect(received[0]?.map(minuteOf)).toEqual([100, 101]);
    expect(warnings).toHaveLength(2);
  });

  it('looks rarely for a table that is not there, and publishes it once it is', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, BARS.slice(0, 100));
    let nowMs = 0;
    const pace = { absentEveryMs: 10_000, nowMs: () => nowMs };
    const { received, looks } = await watched(lake, [ofBars('1m')], ['bars_1m'], pace);
    const threeMoreLooks = async () => {
      const before = looks('bars_1m');
      await eventually('three looks', () => looks('bars_1m') > before + 3);
    };
    await threeMoreLooks();
    expect(looks('bar_corrections')).toBe(1);
    nowMs = 9999;
    await threeMoreLooks();
    expect(looks('bar_corrections')).toBe(1);
    const [bar] = BARS;
    if (bar === undefined) throw new Error('no bar');
    await correctBars(lake, [{ ...bar, known_at: bar.known_at + 9e9, revision: 1 }]);
    nowMs = 10_000;
    await eventually('the correction is published', () => received[0]?.length === 1);
    // From then on it is followed as any other.
    await eventually('three looks', () => looks('bar_corrections') > 4);
  });
});
