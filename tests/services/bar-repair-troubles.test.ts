import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { MINUTE_US } from '../../src/bars/bar.ts';
import { minuteOf } from '../../src/bars/plan-holes.ts';
import { createSystemClock } from '../../src/base/clock.ts';
import { BarRepair } from '../../src/services/bars/bar-repair.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { BINANCE_HISTORY } from '../../src/sources/binance/kline-history.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import type { SpoolRecord } from '../../src/spool/segments/record.ts';
import { httpServer, reply } from '../support/http-server.ts';
import { eventually, temporaryFolder } from '../support/program.ts';

const BTC = { venue: 'binance', market: 'spot', symbol: 'BTCUSDT' };
const clock = createSystemClock();
const time = () => reply(200, JSON.stringify({ serverTime: Date.now() }));

/** @param klines answers what is asked for bars. @param isTimeKnown by the number of the question. @param isDiskFull then no answer gets into the spool. */
async function repairWith(
  klines: string,
  isTimeKnown: (number: number) => boolean = () => true,
  isDiskFull = false,
) {
  const lake = await temporaryFolder();
  const folder = join(lake, '_spool', 'bars');
  await mkdir(folder, { recursive: true });
  const asked: URLSearchParams[] = [];
  let timeQuestions = 0;
  const server = await httpServer((request, response, number) => {
    const url = new URL(request.url ?? '', 'http://x');
    const isTime = url.pathname.endsWith('/time');
    if (!isTime) asked.push(url.searchParams);
    const answer = isTime ? (isTimeKnown(++timeQuestions) ? time() : reply(404, '{}')) : reply(200, klines);
    answer(request, response, number);
  });
  const addresses = Object.fromEntries(BINANCE.settings.map(({ env }) => [env, server.url]));
  const network = await openVenueNetwork(BINANCE, { addresses, spool: folder, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  const said: string[] = [];
  const answers: SpoolRecord[] = [];
  const repair = new BarRepair({
    lake,
    folder,
    clock,
    log: pino({}, { write: (line: string) => void said.push(line) }),
    network,
    history: BINANCE_HISTORY,
    watched: () => [BTC],
    rereadAfterMs: [600_000],
    // Nothing is looked for before a segment of its own is stored.
    leftover: 1,
    append: async (record) => {
      answers.push(record);
      if (isDiskFull) await new Promise(() => undefined);
    },
    onProgress: () => undefined,
  });
  const stopping = new AbortController();
  const hasSaid = (text: string) => eventually(text, () => said.some((line) => line.includes(text)), 60_000);
  const start = () => repair.run(stopping.signal);
  return { lake, folder, asked, answers, repair, hasSaid, start, stop: () => stopping.abort() };
}

it('holes are filled after all that kept it from that: the disk, the table, and an exchange without a clock', async () => {
  const { lake, folder, asked, repair, hasSaid, start, stop } = await repairWith(
    '[]',
    (number) => number > 1,
  );
  // Neither of them can be read.
  await mkdir(join(folder, 'due.json'));
  await writeFile(join(lake, 'bars_1m'), 'no folder');
  const running = start();
  await hasSaid('what bars are due cannot be read, it goes on later');
  await hasSaid('the exchange gave no server time');
  const dueUs = minuteOf(clock.nowUs()) - 10 * MINUTE_US;
  await rm(join(folder, 'due.json'), { recursive: true });
  const due = { 'spot:BTCUSDT': { checkedUs: dueUs, openHoles: [], rereadUs: { 600000: dueUs } } };
  await writeFile(join(folder, 'due.json'), JSON.stringify(due));
  // Segments go on being stored; what is received counts from when the time is known.
  let segment = 0;
  const storing = setInterval(() => {
    repair.closed(++segment, clock.nowUs());
    repair.stored(segment);
  }, 100);
  onTestFinished(() => clearInterval(storing));
  await hasSaid('what bars are missing cannot be looked up, it goes on later');
  expect(asked).toEqual([]);
  await rm(join(lake, 'bars_1m'));
  await eventually('it is asked for', () => asked.length > 0, 60_000);
  stop();
  await running;
  expect(Number(asked[0]?.get('startTime')) * 1000).toBe(dueUs);
}, 200_000);

it('a disk that takes no answer does not hold up the end, and what it did not take is still owed', async () => {
  const { folder, answers, start, stop } = await repairWith('[]', () => true, true);
  const checkedUs = minuteOf(clock.nowUs()) - 10 * MINUTE_US;
  const owed = { checkedUs, openHoles: [], rereadUs: { 600000: checkedUs - 5 * MINUTE_US } };
  await writeFile(join(folder, 'due.json'), JSON.stringify({ 'spot:BTCUSDT': owed }));
  const running = start();
  await eventually('an answer waits for the disk', () => answers.length > 0, 60_000);
  stop();
  await running;
  expect(JSON.parse(await readFile(join(folder, 'due.json'), 'utf8'))).toEqual({ 'spot:BTCUSDT': owed });
}, 90_000);

it.each([
  ['an answer without bars does not count', '{"code":-1,"msg":"busy"}', 0],
  ['bars do', '[]', 5],
])(
  'of what is read again: %s',
  async (_, klines, minutes) => {
    const { folder, answers, start, stop } = await repairWith(klines);
    const checkedUs = minuteOf(clock.nowUs()) - 10 * MINUTE_US;
    const readUs = checkedUs - 5 * MINUTE_US;
    const due = { 'spot:BTCUSDT': { checkedUs, openHoles: [], rereadUs: { 600000: readUs } } };
    await writeFile(join(folder, 'due.json'), JSON.stringify(due));
    const running = start();
    await eventually('an answer is in the spool', () => answers.length > 0, 60_000);
    stop();
    await running;
    expect(JSON.parse(await readFile(join(folder, 'due.json'), 'utf8'))).toMatchObject({
      'spot:BTCUSDT': { rereadUs: { 600000: readUs + minutes * MINUTE_US } },
    });
  },
  90_000,
);
