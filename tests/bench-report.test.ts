import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

type Sample = Readonly<Record<string, Readonly<Record<string, number | string>>>>;
type JobReport = (name: string, job: object, samples: readonly Sample[]) => string;

async function rowsOf(job: object, samples: readonly Sample[]): Promise<string[]> {
  const { jobReport } = (await import(pathToFileURL('bench/report.js').href)) as { jobReport: JobReport };
  return jobReport('job', job, samples)
    .split('\n')
    .filter((line) => line.startsWith('| s '));
}

it('a peer that fails is a result in its cell, and the best of the others is compared with', async () => {
  const job = { title: 'Work', goals: { s: '≤ 0.9 ×' } };
  const failed = { failed: 'out of memory' };
  const rows = await rowsOf(job, [
    { ours: { s: 2 }, quick: failed, slow: { s: 4 }, wobbly: { s: 8 } },
    { ours: { s: 2 }, quick: failed, slow: { s: 4 }, wobbly: failed },
  ]);
  expect(rows).toEqual(['| s | 2 | failed | 4 | 8, failed 1 of 2 | 0.5 | ≤ 0.9 × | yes |']);
});
