import { describe, expect, it } from 'vitest';
import { nullableField } from '../../../src/delta/format/schema.ts';
import { addColumns } from '../../../src/delta/maintenance/add-columns.ts';
import { describeTable } from '../../../src/delta/maintenance/describe.ts';
import { fakeFile, makeTable } from '../../support/delta.ts';
import { MemoryStore } from '../../support/memory-store.ts';

describe('the description of a table', () => {
  it('has columns, clustering by the tags of most bytes, properties, protocol and file sizes', async () => {
    const table = await makeTable(new MemoryStore(), { 'delta.checkpointInterval': '100' });
    await addColumns(table, [
      nullableField('tags', {
        type: 'map',
        keyType: 'string',
        valueType: {
          type: 'array',
          elementType: { type: 'struct', fields: [nullableField('x', 'double')] },
          containsNull: true,
        },
        valueContainsNull: true,
      }),
    ]);
    const sorted = { tags: { ZCUBE_ZORDER_BY: '["symbol"]' } };
    await table.commit({
      operation: 'WRITE',
      reads: 'nothing',
      adds: [fakeFile('a', 10), { ...fakeFile('b', 60), ...sorted }, { ...fakeFile('c', 30), ...sorted }],
    });
    const described = describeTable(table.snapshot);
    expect(described).toMatchObject({
      version: 2,
      clusterColumns: ['symbol'],
      properties: { 'delta.checkpointInterval': '100' },
      minReaderVersion: 1,
      minWriterVersion: 2,
      features: [],
      files: { count: 3, bytes: 100, rows: 3, clusteredShare: 0.9, smallest: 10, median: 30, largest: 60 },
    });
    expect(described.columns.map(({ name, type, isClustered }) => [name, type, isClustered])).toEqual([
      ['id', 'long', false],
      ['symbol', 'string', true],
      ['tags', 'map<string, array<struct<x: double>>>', false],
    ]);
  });

  it('does not guess the rows of files without statistics, and counts no deleted ones', async () => {
    const table = await makeTable(new MemoryStore());
    expect(describeTable(table.snapshot).files).toMatchObject({
      count: 0,
      rows: 0,
      median: 0,
      clusteredShare: 0,
    });
    const deletionVector = { storageType: 'i', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 1 } as const;
    const { snapshot } = table;
    const described = (file: object) =>
      describeTable({ ...snapshot, files: new Map([['a', { ...fakeFile('a'), ...file }]]) }).files.rows;
    expect(described({ deletionVector })).toBe(0);
    expect(described({ stats: '{"numRec' })).toBeUndefined();
    expect(described({ stats: '{}' })).toBeUndefined();
  });
});
