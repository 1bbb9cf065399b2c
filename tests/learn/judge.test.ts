import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../src/base/seeded-random.ts';
import { skillInterval } from '../../src/learn/judge/block-bootstrap.ts';
import { foldStarts } from '../../src/learn/judge/folds.ts';
import { LeakGuard, refuseLabelNames } from '../../src/learn/judge/leak-guard.ts';
import { ScoreSheet } from '../../src/learn/judge/score-sheet.ts';
import { type Judged, type LabelledRow, WalkForward } from '../../src/learn/judge/walk-forward.ts';
import { fitLinear } from '../../src/learn/linear/least-squares.ts';
import { StreamingQr } from '../../src/learn/linear/streaming-qr.ts';

function fitted(rows: readonly (readonly number[])[], targets: readonly number[], ridge = 0) {
  const features = rows[0]?.length ?? 0;
  const qr = new StreamingQr(features + 2);
  for (const [index, row] of rows.entries()) qr.push([1, ...row, targets[index] ?? 0]);
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

function rowsOf(values: readonly number[], horizon: number): LabelledRow[] {
  return values.slice(0, -horizon || undefined).map((value, index) => ({
    timeUs: index * MINUTE,
    labelTimeUs: (index + horizon) * MINUTE,
    features: Float64Array.of(value, values[Math.max(0, index - 1)] ?? 0),
    target: values[index + horizon] ?? 0,
    noChange: value,
  }));
}

function judge(rows: readonly LabelledRow[], foldStartsUs: readonly number[]): Judged[] {
  const judged: Judged[] = [];
  const walk = new WalkForward({ features: 2, foldStartsUs, ridge: 0, onJudged: (one) => judged.push(one) });
  for (const row of rows) walk.add(row);
  return judged;
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
        const [before, after] = [values, changed].map((all) => judge(rowsOf(all, horizon), folds));
        const untouched = (all: Judged[] = []) =>
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
    const rows = rowsOf(values, horizon);
    const poisoned = rows.map((row) =>
      row.timeUs < start && row.labelTimeUs >= start ? { ...row, target: 1e9 } : row,
    );
    const inFold = (all: readonly LabelledRow[]) => judge(all, [start]).map(({ predicted }) => predicted);
    expect(inFold(poisoned)).toEqual(inFold(rows));
  });
});

describe('the judgement', () => {
  it('tells a model without skill from one that has it', () => {
    const draw = createSeededRandom(4).next;
    const sheets = [0, 0.8].map((share) => {
      const sheet = new ScoreSheet();
      for (let row = 0; row < 600; row++) {
        const change = draw() - 0.5;
        sheet.add({
          timeUs: row,
          target: 100 + change,
          noChange: 100,
          predicted: 100 + share * change + (draw() - 0.5) * 0.02,
        });
      }
      return sheet.score({ seed: 1, horizon: 1 });
    });
    const [none, good] = sheets;
    expect(none?.skillInterval?.[0]).toBeLessThan(0);
    expect(good?.skillInterval?.[0]).toBeGreaterThan(0.7);
    expect(good?.directionalAccuracy).toBeGreaterThan(0.95);
  });

  it('has no skill to tell of when nothing moved', () => {
    const sheet = new ScoreSheet();
    for (let row = 0; row < 60; row++) sheet.add({ timeUs: row, target: 5, noChange: 5, predicted: 5 });
    expect(sheet.score({ seed: 1, horizon: 1 })).toMatchObject({
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

  it('are refused by their values under any name', () => {
    const guard = new LeakGuard(['rsi_14', 'innocent']);
    const rows = rowsOf(
      noise(100, 1).map(([a = 0]) => 100 + a),
      1,
    );
    for (const row of rows) guard.add({ ...row, features: Float64Array.of(50, row.target) });
    expect(() => guard.check()).toThrowError('the feature `innocent` tells the future');
    const honest = new LeakGuard(['price_t-1', 'price_t-2']);
    for (const row of rows) honest.add(row);
    expect(() => honest.check()).not.toThrow();
  });
});
