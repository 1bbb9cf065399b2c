import { describe, expect, it } from 'vitest';
import { type Bar, MINUTE_US } from '../../src/bars/bar.ts';
import { AskedPlan, type AskedQuestion } from '../../src/services/bars/asked-plan.ts';
import type { DueMinutes } from '../../src/services/bars/due-minutes.ts';
import type { HistoryAnswer, HistorySpec } from '../../src/sources/history-spec.ts';
import type { SymbolFacts } from '../../src/sources/instrument-list.ts';
import { YAHOO_HISTORY } from '../../src/sources/yahoo/history.ts';

const HOUR_US = 60 * MINUTE_US;
const DAY_US = 24 * HOUR_US;
const OPEN_US = Date.UTC(2026, 10, 24, 14, 30) * 1000;
const CLOSE_US = OPEN_US + 6.5 * HOUR_US;
const AAPL = { venue: 'yahoo', market: 'stocks', symbol: 'AAPL' };
const MSFT = { venue: 'yahoo', market: 'stocks', symbol: 'MSFT' };

function planOf(due: DueMinutes = new Map(), rereadAfterMs = [86_400_000]) {
  return new AskedPlan(due, 'yahoo', YAHOO_HISTORY as HistorySpec, rereadAfterMs);
}

function answer(...openTimesUs: number[]): HistoryAnswer {
  const facts = { sessionStartUs: OPEN_US, sessionEndUs: CLOSE_US } as SymbolFacts;
  return { bars: openTimesUs.map((openTimeUs) => ({ openTimeUs }) as Bar), bad: [], facts };
}

function ask(plan: AskedPlan, nowUs: number): AskedQuestion {
  const question = plan.next(nowUs);
  if (question === undefined) throw new Error(`nothing is asked at ${nowUs}`);
  return question;
}

describe('what is asked of a venue without a stream', () => {
  it('is each symbol once a minute while its market is open, from ten minutes before its newest bar', () => {
    const plan = planOf();
    const startUs = OPEN_US + HOUR_US + 30_000_000;
    plan.watch([AAPL, MSFT], startUs);
    const first = ask(plan, startUs);
    plan.answered(first, answer(OPEN_US + HOUR_US - MINUTE_US), startUs);
    const second = ask(plan, startUs);
    expect([first.one, second.one]).toEqual([AAPL, MSFT]);
    plan.answered(second, answer(), startUs);
    expect(plan.next(startUs + 20_000_000)).toBeUndefined();
    const third = ask(plan, startUs + 40_000_000);
    expect(third.range).toEqual({ fromUs: OPEN_US + 50 * MINUTE_US, toUs: OPEN_US + 61 * MINUTE_US });
  });

  it('is less often while the market is closed, and what it opens with is not late', () => {
    const plan = planOf();
    const nightUs = OPEN_US - 2 * HOUR_US;
    plan.watch([AAPL], nightUs);
    plan.answered(ask(plan, nightUs), answer(), nightUs);
    expect(plan.next(nightUs + 14 * MINUTE_US)).toBeUndefined();
    const earlyUs = OPEN_US - 3 * MINUTE_US;
    plan.answered(ask(plan, earlyUs), answer(), earlyUs);
    expect(plan.next(OPEN_US + 50_000_000)).toBeUndefined();
    ask(plan, OPEN_US + MINUTE_US + 6_000_000);
  });

  it('reaches over a stop of days to the newest bar, in parts that the venue answers', () => {
    const due: DueMinutes = new Map([
      ['stocks:AAPL', { checkedUs: CLOSE_US - 40 * DAY_US, openHoles: [], rereadUs: {} }],
    ]);
    const plan = planOf(due, []);
    const nowUs = OPEN_US + HOUR_US;
    plan.watch([AAPL], nowUs);
    const ranges = [];
    for (let question = plan.next(nowUs); question !== undefined; question = plan.next(nowUs)) {
      ranges.push(question.range);
      plan.answered(question, answer(question.range.fromUs), nowUs);
    }
    expect(ranges[0]?.fromUs).toBe(nowUs - 29 * DAY_US);
    for (const { fromUs, toUs } of ranges) expect(toUs - fromUs).toBeLessThanOrEqual(7 * DAY_US);
    expect(ranges).toHaveLength(5);
    expect(ranges.at(-1)?.toUs).toBe(nowUs - MINUTE_US);
  });

  it('are all bars of a day once more after a day', () => {
    const plan = planOf();
    plan.watch([AAPL], OPEN_US);
    const rereads: AskedQuestion[] = [];
    for (let atUs = OPEN_US + MINUTE_US; atUs < OPEN_US + 4 * DAY_US; atUs += 5 * MINUTE_US) {
      for (let question = plan.next(atUs); question !== undefined; question = plan.next(atUs)) {
        if (question.rereadMs !== undefined) rereads.push(question);
        plan.answered(question, answer(question.range.toUs - MINUTE_US), atUs);
      }
    }
    expect(rereads.length).toBeGreaterThanOrEqual(2);
    for (const [index, { range }] of rereads.entries()) {
      expect(range.toUs - range.fromUs).toBeGreaterThanOrEqual(DAY_US);
      if (index > 0) expect(range.fromUs).toBe(rereads[index - 1]?.range.toUs);
    }
  });

  it('are the bars of a day once more when the venue is back, where it left that question without an answer', () => {
    const due: DueMinutes = new Map([
      ['stocks:AAPL', { checkedUs: CLOSE_US, openHoles: [], rereadUs: { 86400000: OPEN_US } }],
    ]);
    const plan = planOf(due);
    const nowUs = OPEN_US + 3 * DAY_US;
    plan.watch([AAPL], nowUs);
    // What is new comes first; then the day, which a venue that is left alone does not answer for hours.
    plan.answered(ask(plan, nowUs), answer(), nowUs);
    due.set('stocks:AAPL', {
      checkedUs: OPEN_US + 2 * DAY_US,
      openHoles: [],
      rereadUs: { 86400000: OPEN_US },
    });
    for (let atUs = nowUs; atUs < nowUs + 3 * HOUR_US; atUs += MINUTE_US) {
      let count = 0;
      for (let question = plan.next(atUs); question !== undefined; question = plan.next(atUs)) {
        plan.answered(question, undefined, atUs);
        // Whoever asks goes on at once with the next question.
        expect(++count).toBeLessThan(3);
      }
    }
    const rereads: AskedQuestion[] = [];
    const backUs = nowUs + 3 * HOUR_US;
    for (let question = plan.next(backUs); question !== undefined; question = plan.next(backUs)) {
      if (question.rereadMs !== undefined) rereads.push(question);
      plan.answered(question, answer(question.range.toUs - MINUTE_US), backUs);
    }
    expect(rereads[0]?.range.fromUs).toBe(OPEN_US);
  });

  it('reaches to the end of the minute in which a symbol was removed, and to what comes late before it', () => {
    const due: DueMinutes = new Map();
    const plan = planOf(due, []);
    plan.watch([AAPL, MSFT], OPEN_US);
    const leftUs = OPEN_US + HOUR_US;
    plan.watch([MSFT], leftUs + 20_000_000);
    const asked: AskedQuestion[] = [];
    for (let atUs = leftUs + 30_000_000; due.has('stocks:AAPL'); atUs += MINUTE_US) {
      for (let question = plan.next(atUs); question !== undefined; question = plan.next(atUs)) {
        asked.push(question);
        // The last minute does not come before the third time it is asked for.
        plan.answered(question, answer(leftUs - (asked.length < 6 ? 2 : 0) * MINUTE_US), atUs);
      }
    }
    const ofApple = asked.filter(({ one }) => one.symbol === 'AAPL');
    expect(ofApple[0]?.one).toEqual(AAPL);
    expect(Math.max(...ofApple.map(({ range }) => range.toUs))).toBe(leftUs + MINUTE_US);
    expect(ofApple.length).toBeLessThan(15);
    expect([...due.keys()]).toEqual(['stocks:MSFT']);
  });

  it('is lost where the venue forgot it in a standstill: reported once, and not for a stock that has no bars', () => {
    const owedUs = OPEN_US - 40 * DAY_US;
    const [leftUs, knownUs] = [owedUs + 5 * DAY_US, OPEN_US - 29 * DAY_US];
    const due: DueMinutes = new Map([
      ['stocks:AAPL', { checkedUs: owedUs, openHoles: [], rereadUs: {} }],
      ['stocks:MSFT', { checkedUs: owedUs, openHoles: [], rereadUs: {}, untilUs: leftUs }],
    ]);
    const plan = planOf(due, []);
    plan.watch([AAPL], OPEN_US);
    expect(plan.takeLost()).toEqual([{ one: MSFT, range: { fromUs: owedUs, toUs: leftUs } }]);
    expect([...due.keys()]).toEqual(['stocks:AAPL']);
    plan.answered(ask(plan, OPEN_US), undefined, OPEN_US);
    expect(plan.takeLost()).toEqual([]);
    plan.answered(ask(plan, OPEN_US + 2 * MINUTE_US), answer(), OPEN_US + 2 * MINUTE_US);
    expect(plan.takeLost()).toEqual([
      { one: AAPL, range: { fromUs: owedUs, toUs: knownUs + 2 * MINUTE_US } },
    ]);
    for (let atUs = OPEN_US + 3 * MINUTE_US; atUs < OPEN_US + 40 * DAY_US; atUs += HOUR_US)
      for (let question = plan.next(atUs); question !== undefined; question = plan.next(atUs))
        plan.answered(question, answer(), atUs);
    expect(plan.takeLost()).toEqual([]);
  });
});
