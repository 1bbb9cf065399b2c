import { describe, expect, it } from 'vitest';
import { Spacing } from '../../../src/network/http/spacing.ts';

const NEVER = new AbortController().signal;

describe('requests of a venue that wants them apart', () => {
  it('are made one at a time, each so long after the one before has ended', async () => {
    const spacing = new Spacing(50);
    const spans: { fromMs: number; toMs: number }[] = [];
    await Promise.all(
      [1, 2, 3].map(async () => {
        const over = await spacing.enter(NEVER);
        const fromMs = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 10));
        spans.push({ fromMs, toMs: performance.now() });
        over();
      }),
    );
    expect(spans).toHaveLength(3);
    for (const [index, { fromMs }] of spans.entries())
      if (index > 0) expect(fromMs - (spans[index - 1]?.toMs ?? 0)).toBeGreaterThan(48);
  });

  it('go on when one gave up waiting', async () => {
    const spacing = new Spacing(1);
    const first = await spacing.enter(NEVER);
    const impatient = new AbortController();
    const given = spacing.enter(impatient.signal);
    impatient.abort();
    await expect(given).rejects.toThrow();
    const third = spacing.enter(NEVER);
    first();
    (await third)();
  });
});
