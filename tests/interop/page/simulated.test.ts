/** The page in a real browser, and one scrape, over an `up` whose collectors fill the lake from the simulated exchanges. */
import { spawnSync } from 'node:child_process';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { startExchanges } from '../../../src/simulator/start-exchanges.ts';
import { freePort } from '../../support/free-port.ts';
import { appendPrices, MINUTE_US, walk } from '../../support/price-lake.ts';
import { eventually, run, start, temporaryFolder } from '../../support/program.ts';

const CHROMIUM = spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'])
  .stdout.toString()
  .trim();
const SERVICES = ['liquidations', 'prices', 'bars', 'derive', 'train', 'predict', 'serve'];
const VENUES = ['binance', 'bybit', 'okx'];
const DAY_MS = 86_400_000;

/** What each view must show of it. */
const SHOWN: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  chart: (page) => page.getByText(/^1000 bars, /).waitFor(),
  liquidations: async (page) => {
    const tape = page.getByRole('table', { name: 'Newest orders, live' });
    for (const venue of VENUES) await page.getByRole('cell', { name: venue }).first().waitFor();
    const newest = () => tape.getByRole('row').nth(1).textContent();
    const before = await newest();
    await eventually('an order comes', async () => (await newest()) !== before);
  },
  coverage: async (page) => {
    for (const venue of VENUES)
      await page
        .getByRole('img', { name: `Coverage of ${venue} · liquidation` })
        .first()
        .waitFor();
    await page
      .getByRole('img', { name: /Coverage of binance · (prices|bars)/ })
      .nth(1)
      .waitFor();
  },
  health: async (page) => {
    await page.getByText('ok', { exact: true }).first().waitFor();
    const collectors = page.getByRole('table', { name: 'Collectors' });
    for (const name of ['liquidations', 'prices', 'bars'])
      await collectors.getByRole('cell', { name, exact: true }).waitFor();
    const tables = page.getByRole('table', { name: 'Tables' });
    for (const name of ['bars_rollup', 'indicators', 'features', 'models', 'predictions'])
      await tables.getByRole('cell', { name, exact: true }).waitFor();
    await page.getByRole('table', { name: 'Newest prediction' }).waitFor();
  },
  sql: async (page) => {
    await page
      .getByLabel('SQL', { exact: true })
      .fill('SELECT venue, count(*) > 0 AS has FROM liquidation GROUP BY 1 ORDER BY 1');
    await page.getByRole('button', { name: /^Run/ }).click();
    for (const venue of VENUES) await page.getByRole('cell', { name: venue, exact: true }).waitFor();
  },
};

async function browser(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  const launched = await chromium.launch({ executablePath: CHROMIUM, args });
  onTestFinished(() => launched.close());
  return launched;
}

interface ClosedBar {
  readonly symbol: string;
  readonly origin: string;
}

/** The chart of minutes, and what comes to it over its WebSocket. */
async function watchMinutes(chrome: Browser, url: string) {
  const page = await chrome.newPage({ viewport: { width: 1400, height: 900 } });
  const closed: ClosedBar[] = [];
  let forming = 0;
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const { type, channel, data } = JSON.parse(String(payload));
      if (type !== 'update' || channel !== 'bars') return;
      if (data.closed === true) closed.push(data);
      else forming++;
    }),
  );
  await page.goto(`${url}/#chart?symbol=BTCUSDT&timeframe=1m`);
  const status = () => page.getByText(/^\d+ bars, /).textContent();
  const statusBefore = await status();
  return { closed, status, statusBefore, forming: () => forming };
}

it('shows each view with what `up` collects and derives from the exchanges, a minute that closes goes on to the chart live, and one scrape tells of all that it runs', async () => {
  const lake = await temporaryFolder();
  const exchanges = await startExchanges(
    { market: 'steady', framesPerSecond: 20, symbols: 20 },
    { messagesPerSecond: 20 },
  );
  onTestFinished(() => exchanges.close());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...exchanges.addresses,
    CRYPTO_LAKE_DIR: lake,
    CRYPTO_LAKE_UP: SERVICES.join(','),
    CRYPTO_LAKE_PORT: String(port),
    CRYPTO_LAKE_VENUES: 'all',
    CRYPTO_LAKE_FLUSH: '2s',
    CRYPTO_LAKE_PRICES_INTERVAL: '2s',
    CRYPTO_LAKE_UPKEEP: 'off',
  };
  // A model is trained on a few hours of prices.
  const minute = Math.floor(Date.now() / 60_000);
  await appendPrices(lake, walk(200), { startUs: (minute - 200) * MINUTE_US });
  const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
  for (const args of [
    ['symbols', 'add', 'BTCUSDT'],
    ['backfill', 'bars', '--symbols', 'BTCUSDT', '--since', yesterday],
    // The metrics of rows are looked up every half minute only.
    ['derive'],
    ['train'],
    ['predict'],
  ]) {
    const { code, stderr } = await run(args, { env });
    expect([code, stderr]).toEqual([0, expect.anything()]);
  }
  const up = start(['up'], { env });

  const wanted = [
    ...SERVICES.map((service) => `crypto_lake_service_up{service="${service}"} 1`),
    ...['liquidations', 'prices', 'bars'].map((source) => `crypto_lake_collector_up{source="${source}"} 1`),
    ...['5m', '15m', '1h', '4h', '1d'].map((timeframe) => `derived_age_seconds{timeframe="${timeframe}"} `),
    ...['crypto_lake_model_skill ', 'crypto_lake_model_age_seconds ', 'crypto_lake_prediction_age_seconds '],
  ];
  let missing: readonly string[] = wanted;
  await eventually(
    'one scrape tells of all',
    async () => {
      const answer = await fetch(`${url}/metrics`).catch(() => undefined);
      const text = (await answer?.text()) ?? '';
      missing = wanted.filter((line) => !text.includes(line));
      return missing.length === 0;
    },
    60_000,
  ).catch((error: unknown) => {
    throw new Error(`the scrape has no ${missing.join(', no ')}`, { cause: error });
  });
  const rows = async (path: string) =>
    ((await (await fetch(`${url}${path}`)).json()) as { data?: readonly unknown[] }).data?.length ?? 0;
  await eventually('each venue is stored', async () => (await rows('/liquidations?bucket=1d')) >= 6, 30_000);
  for (const kind of ['indicators', 'features'])
    expect(await rows(`/${kind}/BTCUSDT?timeframe=5m`)).toBeGreaterThan(100);

  const chrome = await browser();
  const minutes = await watchMinutes(chrome, url);
  for (const width of [400, 1400]) {
    const page = await chrome.newPage({ viewport: { width, height: 900 } });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    for (const [view, isShown] of Object.entries(SHOWN)) {
      await page.goto(`${url}/#${view}?symbol=BTCUSDT&show=sma,rsi,liquidations`);
      await isShown(page);
    }
    expect(complaints).toEqual([]);
  }
  // The minute in which `up` began comes by REST, the next one when the exchange closes it.
  const isLive = ({ origin, symbol }: ClosedBar) => origin === 'stream' && symbol === 'BTCUSDT';
  await eventually(
    'a closed minute comes to the chart live',
    async () => minutes.closed.some(isLive),
    130_000,
  );
  await eventually('the chart goes on to it', async () => (await minutes.status()) !== minutes.statusBefore);
  expect(minutes.forming()).toBeGreaterThan(1);
  up.kill('SIGTERM');
  expect((await up.finished).code).toBe(0);
}, 300_000);
