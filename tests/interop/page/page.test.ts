/// <reference lib="dom" />
/** The page in a real browser, against `serve` on a lake that ends now. `CRYPTO_LAKE_PICTURES=folder` keeps pictures. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import pino from 'pino';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { UserStore } from '../../../src/api/auth/user-store.ts';
import { liveSocketPath, PublishSocket } from '../../../src/live/publish-socket.ts';
import { type ApiServer, apiServer } from '../../support/api-server.ts';
import { eventually } from '../../support/program.ts';
import { recentLake } from '../../support/recent-lake.ts';

const CHROMIUM = spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'])
  .stdout.toString()
  .trim();
/** A browser that looks for nothing outside of this machine. */
const BROWSER_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const VIEWS = ['chart', 'liquidations', 'coverage', 'health', 'sql'] as const;
const WIDTHS = [360, 400, 1400];

let browser: Browser;
let server: ApiServer;
let collector: PublishSocket;
let lake: string;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-page-'));
  await recentLake(lake, Date.now());
  const spool = join(lake, '_spool');
  await mkdir(spool, { recursive: true });
  collector = new PublishSocket(liveSocketPath(spool, 'both'), pino({ level: 'silent' }));
  await collector.open();
  server = await apiServer(lake);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: BROWSER_FLAGS });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await collector?.close();
  await rm(lake, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** What the browser complained about. */
  readonly complaints: string[];
}

async function open(address: string, width = 1400, theme: 'dark' | 'light' = 'dark'): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (
      !request.url().startsWith(server.url) &&
      !request.url().startsWith('data:') &&
      !request.url().startsWith('blob:')
    )
      complaints.push(`asks ${request.url()}`);
  });
  await page.goto(`${server.url}/${address}`);
  await page.getByRole('status').filter({ hasText: 'is shown' }).waitFor({ state: 'attached' });
  return { page, complaints };
}

describe('the page', () => {
  it.each(VIEWS.flatMap((view) => WIDTHS.map((width) => [view, width] as const)))(
    'shows %s at %i px, without a complaint and without scrolling sideways',
    async (view, width) => {
      const { page, complaints } = await open(`#${view}?symbol=BTCUSDT&show=sma,rsi,liquidations`, width);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(sideways).toBeLessThanOrEqual(0);
      const folder = process.env.CRYPTO_LAKE_PICTURES;
      if (folder) await page.screenshot({ path: join(folder, `${view}-${width}.png`) });
      expect(complaints).toEqual([]);
    },
  );

  it.each(VIEWS.flatMap((view) => (['dark', 'light'] as const).map((theme) => [view, theme] as const)))(
    'has no serious finding of axe in %s, %s',
    async (view, theme) => {
      const { page } = await open(`#${view}`, 1400, theme);
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    },
  );

  it('draws a hole as a band and says so', async () => {
    const { page } = await open('#chart?symbol=BTCUSDT&show=none');
    await page.getByText('1 hole: drawn as bands').waitFor();
    const hole = await page.evaluate(() => {
      const canvases = [...document.querySelectorAll<HTMLCanvasElement>('.chart canvas')];
      return canvases.some((canvas) => {
        const { width, height } = canvas;
        const pixels =
          width > 0 && height > 0
            ? canvas.getContext('2d')?.getImageData(0, Math.min(10, height - 1), width, 1).data
            : undefined;
        // The colour of a hole, over the surface: more red and green than blue.
        for (let at = 0; pixels && at < pixels.length; at += 4)
          if (
            (pixels[at] ?? 0) - (pixels[at + 2] ?? 0) > 25 &&
            (pixels[at + 1] ?? 0) - (pixels[at + 2] ?? 0) > 15
          )
            return true;
        return false;
      });
    });
    expect(hole).toBe(true);
  });

  it('fetches older bars when it is scrolled to the oldest', async () => {
    const { page } = await open('#chart?symbol=BTCUSDT&show=none');
    await page.getByText(/^1000 bars/).waitFor();
    const all = page.getByText(/^1479 bars/);
    // A browser that is busy may take a drag for less than it was.
    for (let turn = 0; turn < 40 && !(await all.isVisible()); turn++) {
      await page.mouse.move(100, 500);
      await page.mouse.down();
      await page.mouse.move(1200, 500, { steps: 4 });
      await page.mouse.up();
    }
    await all.waitFor({ timeout: 15_000 });
  });

  it('shows what collectors receive as it comes: an order on the tape, a bar in the chart', async () => {
    const frame = (source: string, connection: string, stream: string, data: object) =>
      collector.frame(source, connection, Buffer.from(JSON.stringify({ stream, data })), Date.now() * 1000);
    const tape = await open('#liquidations');
    const chart = await open('#chart?symbol=BTCUSDT&show=none');
    await chart.page.getByText(/^1000 bars/).waitFor();
    const t = Math.floor(Date.now() / 60_000) * 60_000;
    const order = {
      ...{ s: 'LIVEUSDT', S: 'SELL', o: 'LIMIT', f: 'IOC', q: '3', p: '100', ap: '99', X: 'FILLED' },
      ...{ l: '3', z: '3', T: Date.now() },
    };
    const k = {
      ...{ t, T: t + 59_999, s: 'BTCUSDT', i: '1m', f: 1, L: 2, n: 2, x: true },
      ...{ o: '64000', c: '64010', h: '64020', l: '63990', v: '5', q: '9', V: '2', Q: '4' },
    };
    const bar = chart.page.getByText(/^1001 bars/);
    const row = tape.page.getByRole('row').filter({ hasText: 'LIVEUSDT' });
    // The server looks for collectors once a second; what comes twice is shown once.
    await eventually('both are shown', async () => {
      frame('liquidations', 'ws-1', '!forceOrder@arr', { e: 'forceOrder', E: order.T, o: order });
      frame('bars', 'spot/ws-1', 'btcusdt@kline_1m', { e: 'kline', E: t, s: 'BTCUSDT', k });
      return (await row.count()) > 0 && (await bar.isVisible());
    });
    expect(await row.count()).toBe(1);
    expect([...tape.complaints, ...chart.complaints]).toEqual([]);
  });

  it('asks for a name and a password where they are needed, and then shows what was asked for', async () => {
    const users = new UserStore(join(lake, '_users.json'));
    await users.add('alice', 'correct horse', 'read');
    const own = await apiServer(lake, { CRYPTO_LAKE_USERS: users.path }, { host: '0.0.0.0' });
    onTestFinished(() => own.close());
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${own.url}/#liquidations`);
    await page.getByLabel('User').fill('alice');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('the name or the password is wrong').waitFor();
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('row').filter({ hasText: 'ETHUSDT' }).first().waitFor();
    expect(page.url()).not.toMatch(/token|horse/);
  });

  it('answers SQL as a table and as a file, completes names, and shows what a mistake was', async () => {
    const { page } = await open('#sql');
    const editor = page.getByLabel('SQL', { exact: true });
    await editor.fill('SELECT venue, count(*) AS orders FROM liquidation GROUP BY 1 ORDER BY 1');
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.getByRole('cell', { name: 'okx' }).waitFor();
    expect(await page.getByRole('cell', { name: '100' }).count()).toBe(3);
    const downloaded = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download csv' }).click();
    expect((await downloaded).suggestedFilename()).toBe('result.csv');
    await editor.fill('SELECT * FROM liquid');
    await page.getByRole('button', { name: 'liquidation', exact: true }).click();
    expect(await editor.inputValue()).toBe('SELECT * FROM liquidation');
    await editor.fill('DELETE FROM prices');
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.getByText('SQL_FORBIDDEN').waitFor();
  });

  it('keeps what is shown in the address, and the choice of time and theme in the browser', async () => {
    const { page } = await open('#chart?symbol=BTCUSDT&show=none');
    await page.getByRole('button', { name: '5m', exact: true }).click();
    await page.waitForURL(/timeframe=5m/);
    await page.getByRole('button', { name: 'Switch between UTC and local time' }).click();
    await page.reload();
    await page.getByText('Local time').waitFor();
    expect(await page.getByRole('heading', { level: 2 }).textContent()).toBe('BTCUSDT · 5m');
  });

  it('scores earlier predictions beside “no change”', async () => {
    const { page } = await open('#health');
    const row = page.getByRole('row').filter({ hasText: 'BTCUSDT.1m.next-price.1' });
    expect(await row.getByRole('cell').allTextContents()).toEqual(
      expect.arrayContaining(['60', '0.5000', '1.0000']),
    );
  });

  it('is steered by the keyboard', async () => {
    const { page } = await open('#health');
    await page.keyboard.press('5');
    await page.waitForURL(/#sql/);
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('sql');
  });
});
