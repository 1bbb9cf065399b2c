import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PROGRAM } from '../measure.js';
import { answered, freePort, stopped } from '../served.js';
import { servedLake, symbolOf } from '../served-data.js';

const DAYS = 7;
const BARS = 10_000;
const PAN_MS = 4000;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

/** The page of `serve` in a browser without a screen: from the address to the first paint, and frames while a long chart is panned. */
export default {
  title: `The page of \`serve\` in Chromium (headless, no GPU): first paint of the chart, and frames while ${BARS.toLocaleString('en')} loaded bars are panned for ${PAN_MS / 1000} s`,
  goals: { 'first paint, s': '≤ 1', 'frames a second': '≥ 50' },
  rounds: 3,
  prepare: ({ folder, smoke }) =>
    servedLake(join(folder, 'lake'), { symbols: 2, days: smoke ? 1 : DAYS, withIndicators: false }),
  async ours({ smoke }, { lake }) {
    const executablePath = spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'])
      .stdout.toString()
      .trim();
    if (executablePath === '') return { 'not measured: Chromium is not installed': undefined };
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--lake', lake, '--port', String(port)], {
      stdio: 'ignore',
    });
    const browser = await chromium.launch({ executablePath, args: FLAGS });
    try {
      await answered(`${address}/bars/${symbolOf(0)}?limit=1`);
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      await page.goto(`${address}/#chart?symbol=${symbolOf(0)}&show=none`);
      await page.getByText(/^\d+ bars/).waitFor();
      const firstPaintMs = await page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
      );
      const loaded = await loadBars(page, smoke ? 1200 : BARS);
      const frames = await pan(page, smoke ? 500 : PAN_MS);
      return {
        'first paint, s': firstPaintMs / 1000,
        'frames a second': frames,
        'bars loaded': loaded,
      };
    } finally {
      await browser.close();
      await stopped(child);
    }
  },
};

/** Scrolls to the oldest bars again and again, so that older ones come. */
async function loadBars(page, wanted) {
  const countOf = async () =>
    Number.parseInt(
      await page
        .getByText(/^\d+ bars/)
        .first()
        .textContent(),
      10,
    );
  const untilMs = Date.now() + 60_000;
  let count = await countOf();
  while (count < wanted) {
    if (Date.now() > untilMs) throw new Error(`only ${count} of ${wanted} bars were loaded`);
    await drag(page, 100, 1300, 4);
    count = await countOf();
  }
  return count;
}

async function drag(page, from, to, steps) {
  await page.mouse.move(from, 450);
  await page.mouse.down();
  await page.mouse.move(to, 450, { steps });
  await page.mouse.up();
}

/** @returns frames a second that the page drew meanwhile. */
async function pan(page, forMs) {
  await page.evaluate(() => {
    globalThis.frames0 = { count: 0, startMs: performance.now() };
    const next = () => {
      globalThis.frames0.count++;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  const untilMs = Date.now() + forMs;
  while (Date.now() < untilMs) {
    await drag(page, 1300, 200, 30);
    await drag(page, 200, 1300, 30);
  }
  return page.evaluate(
    () => (1000 * globalThis.frames0.count) / (performance.now() - globalThis.frames0.startMs),
  );
}
