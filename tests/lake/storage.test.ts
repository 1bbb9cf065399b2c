import { expect, it } from 'vitest';
import { storageOf } from '../../src/lake/storage.ts';
import { fakeFile, makeTable } from '../support/delta.ts';
import { MemoryStore } from '../support/memory-store.ts';

it('rows that deletion vectors removed are not counted, and what nobody knows is not guessed', async () => {
  const { snapshot } = await makeTable(new MemoryStore());
  const deletionVector = { storageType: 'i', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 3 } as const;
  const rowsOf = (...files: object[]) =>
    storageOf(
      {
        snapshot: {
          ...snapshot,
          files: new Map(files.map((file, at) => [`${at}`, { ...fakeFile(`${at}`), ...file }])),
        },
        checkpointVersion: undefined,
      },
      't',
    ).rows;
  expect(rowsOf({ stats: '{"numRecords":10}', deletionVector }, { stats: '{"numRecords":5}' })).toBe(12);
  expect(rowsOf({ stats: '{"numRecords":5}' }, { stats: '{"numRec' })).toBeNull();
});
