import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { BarRepair } from '../../src/services/bars/bar-repair.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { BINANCE_HISTORY } from '../../src/sources/binance/kline-history.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import type { RepairProgress } from '../../src/spool/state/status-file.ts';
import { httpServer, reply } from '../support/http-server.ts';
import { eventually, temporaryFolder } from '../support/program.ts';

const T0_US = Date.UTC(2026, 10, 20, 12) * 1000;
const MINUTE_US = 60_000_000;

/** The repair of one symbol's bars, of which the lake has none, at a clock that stands. */
async function repairOfOne(leftover = 0) {
  let nowUs = T0_US;
  const clock = { ...createSystemClock(), nowUs: () => nowUs, monotonicMs: () => nowUs / 1000 };
  const asked: number[] = [];
  const server = await httpServer((request, response, number) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (pathname.endsWith('/time')) {
      reply(200, JSON.stringify({ serverTime: nowUs / 1000 }))(request, response, number);
      return;
    }
    asked.push((Number(searchParams.get('startTime')) * 1000 - T0_US) / MINUTE_US);
    reply(200, '[]')(request, response, number);
  });
  const folder = await temporaryFolder();
  const addresses = Object.fromEntries(BINANCE.settings.map(({ env }) => [env, server.url]));
  const network = await openVenueNetwork(BINANCE, { addresses, spool: folder, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  let looks = 0;
  let progress: RepairProgress | undefined;
  const repair = new BarRepair({
    lake: await temporaryFolder(),
    folder,
    clock,
    log: pino({ level: 'silent' }),
    network,
    history: BINANCE_HISTORY,
    watched: () => [{ venue: 'binance', market: 'spot', symbol: 'ADAUSDT' }],
    rereadAfterMs: [],
    leftover,
    append: async () => undefined,
    onProgress: (now) => {
      looks++;
      progress = now;
    },
  });
  const stopping = new AbortController();
  const running = repair.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
  /** What is known now has been looked at, twice so that nothing of it was under way. */
  const looked = () => {
    const from = looks;
    return eventually('it has looked', () => looks > from + 2);
  };
  const setTime = (us: number) => {
    nowUs = us;
  };
  return { repair, asked, looked, setTime, progress: () => progress };
}

it('holes are looked for after each commit, also while storing lags behind for ever', async () => {
  const { repair, asked, looked, setTime } = await repairOfOne();
  await looked();
  setTime(T0_US + 3 * MINUTE_US);
  repair.closed(1, T0_US + 1.5 * MINUTE_US);
  repair.closed(2, T0_US + 2.5 * MINUTE_US);
  repair.stored(1);
  await eventually('the first minute is asked for', () => asked.length > 0);
  repair.closed(3, T0_US + 3.5 * MINUTE_US);
  repair.stored(2);
  await eventually('the second, too', () => asked.length > 1);
  expect(asked).toEqual([0, 1]);
});

it('the minute of the start is asked for before anything of this run is stored, once what an earlier run left is', async () => {
  const { repair, asked, looked, setTime } = await repairOfOne(2);
  setTime(T0_US + MINUTE_US + 5_000_000);
  repair.stored(1);
  await looked();
  expect(asked).toEqual([]);
  repair.stored(2);
  await eventually('it is asked for', () => asked.length > 0);
  expect(asked).toEqual([0]);
});

it('what a segment brings that is closed and not stored is not missing yet', async () => {
  const { repair, asked, looked, setTime, progress } = await repairOfOne();
  await looked();
  setTime(T0_US + 3 * MINUTE_US);
  repair.closed(4, T0_US + 1.5 * MINUTE_US);
  repair.closed(5, T0_US + 2.5 * MINUTE_US);
  // One that an earlier run left, and the one before the second minute ends.
  repair.stored(3);
  repair.stored(4);
  await looked();
  // That of the start.
  expect(asked).toEqual([0]);
  expect(progress()?.missingMinutes).toBe(0);
  repair.stored(5);
  await eventually('what neither brought is asked for', () => asked.length > 1);
  expect(asked).toEqual([0, 1]);
});
