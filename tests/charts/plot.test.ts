import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { htmlDocument, svgDocument } from '../../src/charts/plot/plot-document.ts';
import { type PlotColumn, plotRows } from '../../src/charts/plot/plot-rows.ts';
import { timeScale, valueScale } from '../../src/charts/plot/scale.ts';
import { run, temporaryFolder } from '../support/program.ts';
import { smallLake } from '../support/small-lake.ts';

const HOSTILE = `</text><script>alert(1)</script><image href="https://evil.example/x" onload='x'>&\u0000\u202e\ud800]]>`;
const TIME: PlotColumn = { name: 'hour', kind: 'time' };
const SYMBOL: PlotColumn = { name: 'symbol', kind: 'text' };
const VALUE: PlotColumn = { name: 'notional', kind: 'number' };

/** Names of all elements; throws when a tag is not closed, an attribute is not quoted or a text is not escaped. */
function elementsOf(xml: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  const rest = xml.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="(?:[^"<&]|&(?:amp|lt|gt|quot);)*")*)(\/?)>|&(?:amp|lt|gt|quot);/g,
    (_, closes: string, name: string | undefined, __, isEmpty: string) => {
      if (name === undefined) return '';
      if (closes) expect(open.pop()).toBe(name);
      else names.push(name);
      if (!closes && !isEmpty) open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>&]/);
  expect(rest.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u202e\ufffe\uffff]/u);
  return names;
}

describe('the picture of a query', () => {
  it('is a line over time for each text beside it, with a hole where a value is NULL', () => {
    const [plot, ...more] = plotRows(
      [TIME, SYMBOL, VALUE],
      [
        ['2026-11-21T02:00:00.000000', 'A', 4],
        ['2026-11-21T01:00:00.000000Z', 'A', '3.5'],
        ['2026-11-21', 'A', null],
        ['2026-11-20', 'A', 1],
        ['2026-11-20', 'B', 'NaN'],
      ],
    );
    expect(more).toEqual([]);
    expect(plot).toMatchObject({
      kind: 'lines',
      series: [
        {
          name: 'A',
          points: [
            [Date.UTC(2026, 10, 20), 1],
            [Date.UTC(2026, 10, 21), null],
            [Date.UTC(2026, 10, 21, 1), 3.5],
            [Date.UTC(2026, 10, 21, 2), 4],
          ],
        },
        { name: 'B', points: [[Date.UTC(2026, 10, 20), null]] },
      ],
    });
    const names = elementsOf(svgDocument('lines', plot ? [plot] : []));
    expect(names.filter((name) => name === 'polyline')).toHaveLength(1);
    expect(names.filter((name) => name === 'circle')).toHaveLength(1);
  });

  it('has one picture a column of numbers, as bars when there is no time', () => {
    const columns = [
      SYMBOL,
      { name: 'market', kind: 'text' },
      { name: 'orders', kind: 'number' },
      VALUE,
    ] as const;
    const plots = plotRows(columns, [
      ['BTCUSDT', 'usdm', 3, -5],
      ['币安', 'usdm', null, 7],
    ]);
    expect(plots).toMatchObject([
      { kind: 'bars', title: 'orders', bars: [{ label: 'BTCUSDT · usdm', values: [3] }, { values: [null] }] },
      { kind: 'bars', title: 'notional', bars: [{ values: [-5] }, { values: [7] }] },
    ]);
    expect(svgDocument('bars', plots)).toContain('>NULL<');
  });

  it('names bars by the first of several columns of numbers, or counts them', () => {
    const i: PlotColumn = { name: 'i', kind: 'number' };
    expect(plotRows([i, VALUE], [[7, 1]])).toMatchObject([{ bars: [{ label: '7', values: [1] }] }]);
    expect(plotRows([VALUE], [[5], [6]])).toMatchObject([{ bars: [{ label: '1' }, { label: '2' }] }]);
  });

  it('says what it leaves out, and what it cannot draw', () => {
    const many = Array.from({ length: 100 }, (_, i) => [`S${i}`, i]);
    expect(plotRows([SYMBOL, VALUE], many)[0]?.title).toBe('notional (the first 60; 40 more are not drawn)');
    const lines = many.map((row) => ['2026-11-21', ...row]);
    expect(plotRows([TIME, SYMBOL, VALUE], lines)[0]?.title).toBe('notional (92 more are not drawn)');
    expect(() => plotRows([SYMBOL], [['A']])).toThrow('no column has numbers');
    expect(() => plotRows([SYMBOL, VALUE], [])).toThrow('there are no rows to draw');
  });
});

describe('the file of a plot', () => {
  const plots = [
    ...plotRows([SYMBOL, { name: HOSTILE, kind: 'number' }], [[HOSTILE, 1]]),
    ...plotRows(
      [TIME, SYMBOL, VALUE],
      [
        ['2026-11-21', HOSTILE, 1],
        ['2026-11-22', 'B', 2],
        ['2026-11-22', HOSTILE, 2],
      ],
    ),
  ];

  it('is well-formed whatever the names are, and has no script, picture or reference', () => {
    const document = svgDocument(HOSTILE, plots);
    const names = new Set(elementsOf(document));
    expect([...names].sort()).toEqual(['circle', 'g', 'line', 'polyline', 'rect', 'svg', 'text', 'title']);
    expect(document).not.toMatch(/<[^>]*\s(src|href|xlink:href|style|on\w+)=|url\(/);
  });

  it('keeps every point of a long line', () => {
    const rows = Array.from({ length: 2000 }, (_, i) => [new Date(i * 60_000).toISOString(), Math.sin(i)]);
    const [points = ''] = /(?<=points=")[^"]+/.exec(svgDocument('long', plotRows([TIME, VALUE], rows))) ?? [];
    expect(points.split(' ')).toHaveLength(2000);
  });

  it('as HTML may load nothing at all', () => {
    const html = htmlDocument(HOSTILE, plots);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html).not.toMatch(/<(script|image|link)|<[^>]*\s(src|href)=/);
    expect(html).toContain('<title>&lt;/text&gt;&lt;script&gt;');
  });
});

describe('an axis', () => {
  it('is labelled at round values', () => {
    expect(valueScale([0, 41_000], [0, 100], 5).ticks).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
    expect(valueScale([-1.5, 1.5], [0, 100], 6).ticks).toEqual([-1.5, -1, -0.5, 0, 0.5, 1, 1.5]);
    expect(valueScale([5, 5], [0, 100], 5).at(5)).toBe(0);
  });

  it('has times at whole hours or days', () => {
    const day = 86_400_000;
    expect(timeScale([day, 2 * day], [0, 100], 8).ticks.map((ms) => (ms - day) / 3_600_000)).toEqual([
      0, 3, 6, 9, 12, 15, 18, 21, 24,
    ]);
    expect(timeScale([day, 5 * day], [0, 100], 8).at(3 * day)).toBe(50);
  });
});

describe('read --plot', () => {
  it('draws the overview and any query, and prints no data', async () => {
    const lake = await temporaryFolder();
    await smallLake(lake);
    const file = join(lake, 'lake.svg');
    const done = await run(['read', '--lake', lake, '--plot', file]);
    expect(done).toEqual({ code: 0, signal: null, stdout: '', stderr: `wrote ${file}\n` });
    const overview = await readFile(file, 'utf8');
    elementsOf(overview);
    expect(overview).toMatch(
      /Liquidations by hour[\s\S]*11-20 16:00 \(unheard\)[\s\S]*Running total[\s\S]*Coverage/,
    );
    const html = join(lake, 'top.html');
    expect((await run(['read', 'top-liquidations', '--lake', lake, '--plot', html])).code).toBe(0);
    expect(await readFile(html, 'utf8')).toMatch(/币安人生USDT · binance · usdm[\s\S]*🚀MOONUSDT/);
  });

  it.each([
    [['--plot', 'lake.png'], /^error: `--plot lake.png` is neither .*\[USAGE\]\nhint: /],
    [['--plot', 'lake.svg', '--json'], /^error: `--plot` and `--json` do not go together \[USAGE\]\nhint: /],
  ])('refuses %j', async (flags, error) => {
    const done = await run(['read', '--lake', await temporaryFolder(), ...flags]);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(error);
  });
});
