import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../src/base/seeded-random.ts';
import { skillInterval } from '../../src/learn/judge/block-bootstrap.ts';
import { foldStarts } from '../../src/learn/judge/folds.ts';
import { type LabelledBlock, takeRows } from '../../src/learn/judge/labelled-block.ts';
import { LeakGuard, refuseLabelNames } from '../../src/learn/judge/leak-guard.ts';
import { type JudgedRow, ScoreSheet } from '../../src/learn/judge/score-sheet.ts';
import { WalkForward } from '../../src/learn/judge/walk-forward.ts';
import { fitLinear } from '../../src/learn/linear/least-squares.ts';
import { StreamingQr } from '../../src/learn/linear/streaming-qr.ts';
import { walk } from '../support/price-lake.ts';

function fitted(rows: readonly (readonly number[])[], targets: readonly number[], ridge = 0) {
  const features = rows[0]?.length ?? 0;
  const qr = new StreamingQr(features + 2);
  const lines = rows.map((row, index) => [1, ...row, targets[index] ?? 0]);
  const columns = Array.from({ length: features + 2 }, (_, column) =>
    Float64Array.from(lines, (line) => line[column] ?? 0),
  );
  qr.push(columns, 0, rows.length, new Float64Array(features + 2));
  const offsets = new Float64Array(features + 1);
  return fitLinear(qr.triangle(), features, { rows: rows.length, offsets, ridge });
}

function noise(count: number, columns: number, seed = 3): number[][] {
  const draw = createSeededRandom(seed).next;
  return Array.from({ length: count }, () => Array.from({ length: columns }, () => draw() - 0.5));
}

describe('a linear fit', () => {
  it('finds the rule that made the rows, over many blocks', () => {
    const rows = noise(1000, 5);
    const targets = rows.map(([a = 0, b = 0, , , e = 0]) => 7 + 2 * a - 3 * b + 0.5 * e);
    const { coefficients, intercept, constant, collinear } = fitted(rows, targets);
    expect([intercept, ...coefficients].map((value) => Math.round(value * 1e10) / 1e10 + 0)).toEqual([
      7, 2, -3, 0, 0, 0.5,
    ]);
    expect([constant, collinear]).toEqual([[], []]);
  });

  it("keeps ten digits of nearly collinear prices, where X'X would have none", () => {
    const base = noise(500, 1, 9).map(([a = 0]) => 60_000 + a);
    const rows = noise(500, 1, 5).map(([tiny = 0], index) => [
      base[index] ?? 0,
      (base[index] ?? 0) + tiny * 1e-4,
    ]);
    const targets = rows.map(([a = 0, b = 0]) => 3 * a - 2 * b);
    const { coefficients } = fitted(
      rows.map(([a = 0, b = 0]) => [a - 60_000, b - 60_000]),
      targets,
    );
    expect(coefficients[0]).toBeCloseTo(3, 6);
    expect(coefficients[1]).toBeCloseTo(-2, 6);
  });

  it('leaves out constant columns and those that others tell, and never gives NaN', () => {
    const rows = noise(200, 2).map(([a = 0, b = 0]) => [a, 5, a + b, b, 2 * a - b]);
    const targets = rows.map(([a = 0]) => 4 * a);
    const { coefficients, constant, collinear } = fitted(rows, targets);
    expect({ constant, collinear }).toEqual({ constant: [1], collinear: [3, 4] });
    expect(coefficients.every(Number.isFinite)).toBe(true);
    expect(coefficients[0]).toBeCloseTo(4, 10);
  });

  it('shrinks with a ridge, and then keeps collinear columns', () => {
    const rows = noise(100, 1).map(([a = 0]) => [a, a]);
    const targets = rows.map(([a = 0]) => a);
    const { coefficients, collinear } = fitted(rows, targets, 10);
    expect(collinear).toEqual([]);
    expect(coefficients[0]).toBeCloseTo(coefficients[1] ?? 0, 10);
    // scikit-learn: two equal standardised columns share the work, each n / (2 n + alpha).
    expect(coefficients[0]).toBeCloseTo(100 / 210, 10);
  });
});

const MINUTE = 60_000_000;

function blockOf(values: readonly number[], horizon: number): LabelledBlock {
  const rows = values.length - horizon;
  const column = (of: (index: number) => number) => Float64Array.from({ length: rows }, (_, row) => of(row));
  return {
    rows,
    timeUs: column((row) => row * MINUTE),
    features: [column((row) => values[row] ?? 0), column((row) => values[Math.max(0, row - 1)] ?? 0)],
    target: column((row) => values[row + horizon] ?? 0),
    noChange: column((row) => values[row] ?? 0),
  };
}

/** @param sizes how the rows come: in blocks of so many. */
function judge(
  block: LabelledBlock,
  { foldStartsUs, horizon, size = block.rows }: { foldStartsUs: number[]; horizon: number; size?: number },
): JudgedRow[] {
  const sheet = new ScoreSheet();
  const walk = new WalkForward({
    features: 2,
    labelUs: horizon * MINUTE,
    foldStartsUs,
    ridge: 0,
    onJudged: (judged) => sheet.add(judged),
  });
  for (let from = 0; from < block.rows; from += size) {
    const rows = Array.from({ length: Math.min(size, block.rows - from) }, (_, index) => from + index);
    walk.add(takeRows(block, rows));
  }
  return Array.from({ length: sheet.rows }, (_, index) => sheet.row(index));
}

describe('walk-forward', () => {
  it('predicts nothing from what came later: any change after a fold begins leaves its model as it was', () => {
    const values = noise(120, 1, 21).map(([a = 0]) => 100 + a);
    const property = fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 62, max: 100 }),
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 20, maxLength: 20 }),
      (horizon, from, others) => {
        const folds = foldStarts(0, 119 * MINUTE, 3);
        const changed = values.map((value, index) =>
          index >= from ? value + (others[index % 20] ?? 0) : value,
        );
        const [before, after] = [values, changed].map((all) =>
          judge(blockOf(all, horizon), { foldStartsUs: folds, horizon }),
        );
        const untouched = (all: JudgedRow[] = []) =>
          all.filter(({ timeUs }) => timeUs < from * MINUTE).map(({ predicted }) => predicted);
        expect(untouched(after)).toEqual(untouched(before));
        expect(untouched(after).length).toBeGreaterThan(0);
      },
    );
    fc.assert(property, { numRuns: 50 });
  });

  it('leaves a gap as long as the label: a model does not know a label that came true in its fold', () => {
    const values = noise(100, 1, 2).map(([a = 0]) => 100 + a);
    const horizon = 5;
    const start = 60 * MINUTE;
    const block = blockOf(values, horizon);
    const inFold = (target: Float64Array) =>
      judge({ ...block, target }, { foldStartsUs: [start], horizon }).map(({ predicted }) => predicted);
    const poisoned = block.target.map((value, row) => {
      const timeUs = block.timeUs[row] ?? 0;
      return timeUs < start && timeUs + horizon * MINUTE >= start ? 1e9 : value;
    });
    expect(inFold(poisoned)).toEqual(inFold(block.target));
    expect(inFold(block.target).length).toBe(35);
  });

  it.each([1, 7, 32])(
    'comes to the same bits however the rows come, with labels longer than folds (%i)',
    (size) => {
      const values = noise(120, 1, 4).map(([a = 0]) => 100 + a);
      const options = { foldStartsUs: foldStarts(0, 119 * MINUTE, 20), horizon: 9 };
      const whole = judge(blockOf(values, 9), options);
      expect(judge(blockOf(values, 9), { ...options, size })).toEqual(whole);
      expect(whole.length).toBeGreaterThan(40);
    },
  );
});

type Outcome = readonly [target: number, noChange: number, predicted: number];

function sheetOf(rows: readonly Outcome[]): ScoreSheet {
  const sheet = new ScoreSheet();
  const column = (place: 0 | 1 | 2) => Float64Array.from(rows, (row) => row[place]);
  const block = {
    rows: rows.length,
    timeUs: column(0),
    features: [],
    target: column(0),
    noChange: column(1),
  };
  sheet.add({ block, from: 0, to: rows.length, predicted: column(2) });
  return sheet;
}

describe('the judgement', () => {
  it('tells a model without skill from one that has it', () => {
    const draw = createSeededRandom(4).next;
    const sheets = [0, 0.8].map((share) => {
      const rows = Array.from({ length: 600 }, () => {
        const change = draw() - 0.5;
        return [100 + change, 100, 100 + share * change + (draw() - 0.5) * 0.02] as const;
      });
      return sheetOf(rows).score({ seed: 1, horizon: 1 });
    });
    const [none, good] = sheets;
    expect(none?.skillInterval?.[0]).toBeLessThan(0);
    expect(good?.skillInterval?.[0]).toBeGreaterThan(0.7);
    expect(good?.directionalAccuracy).toBeGreaterThan(0.95);
  });

  it('has no skill to tell of when nothing moved', () => {
    const rows = Array.from({ length: 60 }, () => [5, 5, 5] as const);
    expect(sheetOf(rows).score({ seed: 1, horizon: 1 })).toMatchObject({
      skill: null,
      skillInterval: null,
      directionalAccuracy: null,
    });
  });

  it('is wider where errors go together in blocks', () => {
    const draw = createSeededRandom(8).next;
    const [model, noChange] = [new Float64Array(1000), new Float64Array(1000).fill(1)];
    for (let row = 0; row < 1000; row++) model[row] = Math.floor(row / 50) % 2 === 0 ? 0.5 + draw() : 0.1;
    const width = (horizon: number) => {
      const [low, high] = skillInterval(model, noChange, { seed: 1, horizon });
      return high - low;
    };
    expect(width(50)).toBeGreaterThan(1.25 * width(1));
  });
});

describe('features that tell the future', () => {
  it.each(['label_ret_1', 'target', 'future_close', 'next_price'])('are refused by the name %s', (name) => {
    expect(() => refuseLabelNames(['rsi_14', name])).toThrowError(/tells the future/);
  });

  const prices = walk(500);
  const steps = Array.from({ length: 498 }, (_, index) => index + 1);
  const column = (of: (price: number, next: number, before: number) => number) =>
    Float64Array.from(steps, (at) => of(prices[at] ?? 0, prices[at + 1] ?? 0, prices[at - 1] ?? 0));

  function check(features: readonly Float64Array[]): void {
    const guard = new LeakGuard(features.map((_, index) => (index === 0 ? 'honest' : 'innocent')));
    const [price, label] = [column((now) => now), column((_, next) => next)];
    guard.add({ rows: steps.length, timeUs: price, price, label, features });
    guard.check();
  }

  const honest = column((now, _, before) => Math.log(now / before));

  it.each<[string, (price: number, next: number) => number]>([
    ['the price to come', (_, next) => next],
    ['the return to come', (price, next) => Math.log(next / price)],
    ['the change to come', (price, next) => next - price],
    ['a scaled price to come', (_, next) => -0.001 * next],
    ['a moved price to come', (_, next) => next - 59_000],
    ['a scaled and moved return', (price, next) => 7 - 100 * Math.log(next / price)],
    ['a rounded return', (price, next) => Math.round(Math.log(next / price) * 1e5) / 1e5],
  ])('are refused by their values under any name: %s', (_, leaking) => {
    expect(() => check([honest, column(leaking)])).toThrowError('the feature `innocent` tells the future');
  });

  it('are not seen in what is known today', () => {
    const known = [column((now) => now), column((_, __, before) => before), column((now) => 1 / now)];
    expect(() => check([honest, ...known, column(() => 5)])).not.toThrow();
  });
});
