import { describe, expect, it } from 'vitest';
import { leanFirst } from '../../src/upkeep/compaction/lean-first.ts';

const MIB = 2 ** 20;
const OUT_OF_MEMORY = new Error(
  'compaction failed: Out of Memory Error: failed to allocate data of size 16.0 MiB',
);

/** The limits that were tried, and how it ended, when everything below `neededMiB` fails with `error`. */
async function triedWith(memoryMiB: number, neededMiB: number, error = OUT_OF_MEMORY) {
  const limits: string[] = [];
  const ended = await leanFirst(memoryMiB * MIB, async (limit) => {
    limits.push(limit);
    if (Number.parseInt(limit, 10) < neededMiB) throw error;
    return 'done';
  }).catch((thrown: unknown) => thrown);
  return { limits, ended };
}

describe('the memory of a sort', () => {
  it('is little as long as that is enough', async () => {
    expect(await triedWith(512, 100)).toEqual({ limits: ['192MiB'], ended: 'done' });
    expect(await triedWith(2048, 100)).toEqual({ limits: ['1728MiB'], ended: 'done' });
  });

  it('is all that the process may take when it ran out of the little, and then no more', async () => {
    expect(await triedWith(512, 300)).toEqual({ limits: ['192MiB', '336MiB'], ended: 'done' });
    expect(await triedWith(512, 400)).toEqual({ limits: ['192MiB', '336MiB'], ended: OUT_OF_MEMORY });
  });

  it('is tried once where there is no more to give, and where something else went wrong', async () => {
    expect(await triedWith(256, 300)).toEqual({ limits: ['192MiB'], ended: OUT_OF_MEMORY });
    expect((await triedWith(100, 300)).limits).toEqual(['100MiB']);
    const full = new Error('compaction ran out of disk: No space left on device');
    expect(await triedWith(512, 300, full)).toEqual({ limits: ['192MiB'], ended: full });
  });
});
