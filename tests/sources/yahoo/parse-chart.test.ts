import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChart } from '../../../src/sources/yahoo/parse-chart.ts';

const START = Date.UTC(2026, 10, 24, 14, 30) / 1000;
const NOW_US = (START + 4 * 60) * 1_000_000;

function answer(over: Record<string, unknown> = {}, quote: Record<string, unknown> = {}): string {
  const result = {
    meta: {
      symbol: 'AAPL',
      currency: 'USD',
      exchangeTimezoneName: 'America/New_York',
      regularMarketTime: START + 200,
      currentTradingPeriod: { regular: { start: START, end: START + 23_400 } },
    },
    timestamp: [START, START + 60, START + 120, START + 187],
    events: {
      dividends: { a: { amount: 0.25, date: START } },
      splits: { b: { date: START, numerator: 4, denominator: 1 } },
    },
    indicators: {
      quote: [
        {
          open: [231.1, null, 231.3, 231.4],
          high: [231.5, null, 231.5, 231.5],
          low: [231, null, 231.2, 231.3],
          close: [231.2, null, 231.4, 231.45],
          volume: [1000, null, 0, 5],
          ...quote,
        },
      ],
    },
    ...over,
  };
  return JSON.stringify({ chart: { result: [result], error: null } });
}

describe('a chart of Yahoo', () => {
  it('gives finished bars: no null row, not the one that forms', () => {
    const parsed = parseChart(answer(), 'AAPL', NOW_US);
    if (typeof parsed === 'string') throw new Error(parsed);
    expect(parsed.bars).toMatchObject([
      {
        openTimeUs: START * 1e6,
        open: 231.1,
        close: 231.2,
        volume: 1000,
        tradeCount: null,
        quoteVolume: null,
      },
      { openTimeUs: (START + 120) * 1e6, volume: 0 },
    ]);
    expect(parsed.events).toEqual([
      { kind: 'dividend', timeUs: START * 1e6, value: 0.25 },
      { kind: 'split', timeUs: START * 1e6, value: 4 },
    ]);
    expect(parsed).toMatchObject({ timeZone: 'America/New_York', currency: 'USD', bad: [] });
    expect(parsed.session).toEqual({ startUs: START * 1e6, endUs: (START + 23_400) * 1e6 });
  });

  it('without data has no bars, and says what Yahoo says', () => {
    expect(
      parseChart(answer({ timestamp: undefined, indicators: { quote: [{}] } }), 'AAPL', NOW_US),
    ).toMatchObject({
      bars: [],
    });
    const failed = JSON.stringify({ chart: { result: null, error: { code: 'x', description: 'gone' } } });
    expect(parseChart(failed, 'AAPL', NOW_US)).toContain('gone');
    for (const text of ['Too Many Requests', 'Invalid Crumb', '<html>Will be right back</html>', ''])
      expect(parseChart(text, 'AAPL', NOW_US)).toBe('not JSON');
    for (const text of ['{}', '[]', 'null', '{"chart":{"result":[],"error":null}}'])
      expect(parseChart(text, 'AAPL', NOW_US)).toBe('no `chart.result`');
    expect(parseChart(answer(), 'MSFT', NOW_US)).toMatch(/another symbol/);
  });

  it('keeps the neighbours of a bad row', () => {
    const parsed = parseChart(answer({}, { open: ['x', null, 231.3, 1] }), 'AAPL', NOW_US);
    expect(parsed).toMatchObject({
      bars: [{ open: 231.3 }],
      bad: [{ reason: expect.stringContaining('price') }],
    });
  });

  it('of any JSON is a chart or a reason', () => {
    fc.assert(fc.property(fc.json(), (text) => void parseChart(text, 'AAPL', NOW_US)));
    fc.assert(
      fc.property(
        fc.constantFrom('meta', 'timestamp', 'events', 'indicators'),
        fc.jsonValue(),
        (key, value) => {
          const parsed = parseChart(answer({ [key]: value }), 'AAPL', NOW_US);
          if (typeof parsed !== 'string')
            for (const { close } of parsed.bars) expect(Number.isFinite(close)).toBe(true);
        },
      ),
    );
  });
});
