import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { addTrend } from '../../src/charts/terminal/add-trend.ts';
import { coverageStrip, stripCellMinutes } from '../../src/charts/terminal/coverage-strip.ts';
import { hourlyBars } from '../../src/charts/terminal/hourly-bars.ts';
import { lineChart } from '../../src/charts/terminal/line-chart.ts';
import { sparkline } from '../../src/charts/terminal/sparkline.ts';
import { progressText } from '../../src/cli/progress.ts';
import type { Row } from '../../src/output/row-writer.ts';
import { tableWriter } from '../../src/output/table-writer.ts';
import { wrapText } from '../../src/output/wrap-text.ts';
import { coverageDays } from '../../src/query/overview/coverage-days.ts';
import { liquidationHours, runningTotal } from '../../src/query/overview/liquidation-hours.ts';

const at = (text: string) => Date.parse(`2026-11-${text}Z`);
const PLAIN = { width: 40, unicode: true, color: false };
const ROWS: Row[] = [
  ['2026-11-21T01:00:00.000000Z', 'binance', 'a sample', 2, 3000, 0],
  ['2026-11-21T01:00:00.000000Z', 'bybit', 'all orders', 1, 1000, 0],
  ['2026-11-20T22:00:00.000000Z', 'binance', 'a sample', 9, 1000, 1000],
];
const SPANS = [
  { startMs: at('20T00:00'), endMs: at('20T23:10') },
  { startMs: at('21T01:00'), endMs: at('21T01:30') },
];

describe('the hours of liquidations', () => {
  it('have no holes, know how much of each was listened to, and stop at a day', () => {
    const hours = liquidationHours(ROWS, SPANS);
    expect(hours.map(({ heard }) => heard)).toEqual([1, 1 / 6, 0, 1]);
    expect(runningTotal(hours)).toEqual([2000, 2000, 2000, 6000]);
    const late: Row = ['2026-11-25T00:00:00.000000Z', 'okx', 'a sample', 1, 1, 1];
    expect(liquidationHours([late, ...ROWS], [])).toHaveLength(24);
    expect(liquidationHours([], SPANS)).toEqual([]);
  });

  it('are bars whose sides and silent hours are kept apart without colour', () => {
    expect(hourlyBars(liquidationHours(ROWS, SPANS), PLAIN).split('\n')).toEqual([
      '22:00 ███████░░░░░░ 2K',
      '23:00▒ 0',
      '00:00· 0',
      `01:00 ${'█'.repeat(26)} 4K`,
      '█ longs closed  ░ shorts closed  ▒',
      'partly listened  · nobody listened',
    ]);
  });

  it('are ASCII where the terminal has no more', () => {
    const picture = hourlyBars(liquidationHours(ROWS, SPANS), { ...PLAIN, unicode: false });
    expect(picture).toMatch(/^[\n -~]+$/);
    expect(picture).toContain('22:00 #######====== 2K\n23:00+ 0\n00:00. 0\n');
  });

  it('have colour only when it is wanted', () => {
    const picture = hourlyBars(liquidationHours(ROWS, []), { ...PLAIN, color: true });
    expect(picture).toContain('\x1b[31m███████\x1b[0m\x1b[32m░░░░░░\x1b[0m 2K');
  });
});

describe('a running line', () => {
  it('rises from its least to its greatest value within the width', () => {
    const lines = lineChart([0, 500, 1000], PLAIN).split('\n');
    expect(lines[0]).toMatch(/^ {5}1K +╭─+$/);
    expect(lines.at(-1)).toMatch(/^ {6}0 ─+╯$/);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBe(40);
  });

  it('is flat for one value, falls, and is ASCII where it must be', () => {
    expect(lineChart([7], PLAIN).split('\n').at(-1)).toMatch(/^ {6}7? ─{32}$/);
    expect(lineChart([2, 1], { ...PLAIN, unicode: false })).toMatch(/^[\n -~]+$/);
    expect(lineChart([2, 1], PLAIN)).toContain('╮');
  });
});

describe('a sparkline', () => {
  it('has one character a value, and none where there is none', () => {
    expect(sparkline([1, undefined, 4.5, 8], true)).toBe('▁ ▅█');
    expect(sparkline([1, undefined, 4.5, 8], false)).toBe('_ =#');
  });

  it('measures from a floor, and stands low when nothing changes', () => {
    expect(sparkline([5, 5], true)).toBe('▁▁');
    expect(sparkline([5, 10], true, 0)).toBe('▅█');
    expect(sparkline([], true)).toBe('');
  });

  it('joins the rows of a list by their keys', () => {
    const list = {
      columns: ['symbol', 'market', 'n'],
      rows: [
        ['币安', 'usdm', 2],
        ['A', 'usdm', 1],
      ],
    };
    const trend = {
      columns: ['symbol', 'market', 'hour', 'value'],
      rows: [
        ['A', 'coinm', 0, 9],
        ['币安', 'usdm', 0, 4],
        ['币安', 'usdm', 23, 8],
      ],
    };
    const { columns, rows } = addTrend(list, trend, { hoursPerChar: 2, unicode: true, floor: 0 });
    expect(columns.at(-1)).toBe('last_24_h');
    expect(rows.map((row) => row.at(-1))).toEqual([`▅${' '.repeat(10)}█`, '']);
  });
});

describe('the coverage of a day', () => {
  const [yesterday, today] = coverageDays(SPANS, {
    untilMs: at('21T02:00'),
    dayCount: 2,
    cellMinutes: 60,
  });

  it('is the share of each cell that was listened to; what is yet to come has none', () => {
    expect(yesterday).toEqual({ date: '2026-11-20', cells: [...new Array(23).fill(1), 1 / 6] });
    expect(today?.cells.slice(0, 3)).toEqual([0, 0.5, undefined]);
  });

  it('is a strip that is read without colour, and without Unicode', () => {
    const days = yesterday && today ? [yesterday, today] : [];
    expect(coverageStrip(days, 60, PLAIN).split('\n')).toEqual([
      `2026-11-20 ${'█'.repeat(23)}▒`,
      '2026-11-21 ·▒',
      '           00    06    12    18',
      'UTC; a cell is 60 min: █ listening  ▒',
      'partly  · nobody',
    ]);
    const ascii = coverageStrip(days, 60, { width: 80, unicode: false, color: true });
    expect(ascii).toContain(`2026-11-20 \x1b[32m${'#'.repeat(23)}\x1b[0m\x1b[33m+\x1b[0m\n`);
    expect(ascii).toContain('# listening  + partly  . nobody');
  });

  it('has the finest cells that fit', () => {
    expect([40, 80, 200].map(stripCellMinutes)).toEqual([60, 30, 15]);
  });
});

describe('a table on a narrow terminal', () => {
  async function table(columns: string[], row: Row, width: number, options = {}): Promise<string[]> {
    let text = '';
    const sink = {
      write: async (bytes: string | Uint8Array) => {
        text += bytes;
      },
      end: async () => undefined,
    };
    const writer = tableWriter(columns, sink, { width, unicode: true, ...options });
    await writer.rows([row]);
    await writer.end();
    return text.trimEnd().split('\n');
  }

  const columns = ['symbol', 'notional_at_least', 'traded_at', 'status'];
  const row = ['🚀MOONUSDT', 123456789, '2026-11-21T05:00:00.000001Z', 'FILLED'];

  it('breaks names before it cuts cells, and cuts no number and no time', async () => {
    expect(await table(columns, row, 58)).toEqual([
      '            notional_',
      'symbol      at_least   traded_at                    status',
      '──────────  ─────────  ───────────────────────────  ──────',
      '🚀MOONUSDT  123456789  2026-11-21T05:00:00.000001Z  FILLED',
    ]);
  });

  it('leaves out what has no room, and says so', async () => {
    let leftOut: readonly string[] = [];
    const onLeftOut = (names: readonly string[]) => {
      leftOut = names;
    };
    expect(await table(columns, row, 56, { onLeftOut })).toEqual([
      '            notional_at_',
      'symbol      least         traded_at                    …',
      '──────────  ────────────  ───────────────────────────',
      '🚀MOONUSDT     123456789  2026-11-21T05:00:00.000001Z  …',
    ]);
    expect(leftOut).toEqual(['status']);
  });

  it('becomes a list where most has no room', async () => {
    expect(await table(['at', ...columns.slice(0, 3)], ['x'.repeat(200), ...row.slice(0, 3)], 25)).toEqual([
      `at            ${'x'.repeat(11)}`,
      `              ${'x'.repeat(11)}`,
      `              …${'x'.repeat(10)}`,
      `              ${'x'.repeat(11)}`,
      'symbol        🚀MOONUSDT',
      'notion…least  123456789',
      'traded_at     2026-11-21T',
      '              05:00:00.00',
      '              0001Z',
    ]);
  });

  it('keeps names whole and breaks prose between words', async () => {
    const setting = ['CRYPTO_LAKE_DIR', 'folder of the lake: one folder a table'];
    const fit = { name: 'whole', meaning: 'wrap' };
    expect(await table(['name', 'meaning'], setting, 45, { fit })).toEqual([
      'name             meaning',
      `───────────────  ${'─'.repeat(28)}`,
      'CRYPTO_LAKE_DIR  folder of the lake: one',
      '                 folder a table',
    ]);
  });
});

it('titles break at spaces', () => {
  expect(wrapText('one two three four', 9)).toEqual(['one two', 'three', 'four']);
});

it('a bar tells how far a query is, or for how long it runs', () => {
  expect(progressText({ share: 0.25 }, 10_000, true)).toBe('█████░░░░░░░░░░░░░░░ 25 %  about 30 s left');
  expect(progressText({ share: 1 }, 10_000, false)).toBe('#################### 100 %  about 1 s left');
  expect(progressText({ share: undefined }, 10_000, true)).toBe('running for 10 s');
  const files = { share: 0.5, detail: '3 of 6 files', bytes: 25_000_000 };
  expect(progressText(files, 10_000, false)).toBe(
    '##########.......... 50 %  about 10 s left, 2.5 MB/s, 3 of 6 files',
  );
});
