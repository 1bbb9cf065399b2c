import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import type { Metadata, Protocol } from '../../src/delta/log/actions.ts';
import { serializeCommit } from '../../src/delta/log/commit-json.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { append } from '../support/delta.ts';
import { MemoryStore } from '../support/memory-store.ts';

const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };
const schemaWith = (metadata: object) =>
  JSON.stringify({ type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true, metadata }] });
const METADATA: Metadata = {
  id: 'x',
  format: { provider: 'parquet', options: {} },
  schemaString: schemaWith({}),
  partitionColumns: [],
  configuration: {},
};
const features = (name: string) => ({
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: [name],
  writerFeatures: [name],
});
const configured = (key: string, value: string) => ({ configuration: { [key]: value } });

async function openWith(protocol: Partial<Protocol>, metadata: Partial<Metadata> = {}): Promise<DeltaTable> {
  const store = new MemoryStore();
  const actions = [{ protocol: { ...PROTOCOL, ...protocol } }, { metaData: { ...METADATA, ...metadata } }];
  await store.put(commitName(0), serializeCommit(actions));
  return DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
}

describe('a table', () => {
  it.each([
    [configured('delta.columnMapping.mode', 'guess'), 'column mapping by `guess`'],
    [{ format: { provider: 'orc', options: {} } }, 'files of the format `orc`'],
  ])('that is read in a way that nobody knows (%j) is refused by its name', async (metadata, name) => {
    await expect(openWith({}, metadata)).rejects.toThrow(name);
  });

  it.each([
    [{ minReaderVersion: 4, minWriterVersion: 7 }, 'reader version 4'],
    [features('catalogManaged'), 'the feature `catalogManaged`'],
    [features('typeWidening'), 'the feature `typeWidening`'],
    [features('variantType'), 'the feature `variantType`'],
  ])(
    'that only newer readers understand is refused by the name of what it needs: %o',
    async (protocol, name) => {
      const message = expect.stringContaining(`needs ${name}, which crypto-lake cannot read`);
      await expect(openWith(protocol)).rejects.toMatchObject({ code: 'TABLE_UNSUPPORTED', message });
    },
  );

  it.each([
    ['reader version 2', { minReaderVersion: 2, minWriterVersion: 5 }, {}],
    ['writer version 3', { minWriterVersion: 3 }, {}],
    [
      'the feature `checkConstraints`',
      { minWriterVersion: 7, writerFeatures: ['appendOnly', 'checkConstraints'] },
      {},
    ],
    ['the feature `deletionVectors`', features('deletionVectors'), {}],
    ['the feature `columnMapping`', features('columnMapping'), {}],
    ['column mapping', {}, configured('delta.columnMapping.mode', 'id')],
    ['the constraint `positive`', {}, configured('delta.constraints.positive', 'id > 0')],
    [
      '`delta.invariants`',
      {},
      { schemaString: schemaWith({ 'delta.invariants': '{"expression":"id > 0"}' }) },
    ],
    [
      '`delta.generationExpression`',
      {},
      { schemaString: schemaWith({ 'delta.generationExpression': 'id + 1' }) },
    ],
    ['`delta.identity', {}, { schemaString: schemaWith({ 'delta.identity.start': 1 }) }],
  ])('that needs %s is read and never written', async (name, protocol, metadata) => {
    const table = await openWith(protocol, metadata);
    const message = expect.stringContaining(`needs ${name}`);
    await expect(append(table, ['a'])).rejects.toMatchObject({ code: 'TABLE_UNSUPPORTED', message });
    expect([table.version, await table.store.read(commitName(1))]).toEqual([0, undefined]);
  });

  it('of writer version 7 with nothing but what version 2 has is written', async () => {
    const table = await openWith({ minWriterVersion: 7, writerFeatures: ['appendOnly', 'invariants'] });
    expect(await append(table, ['a'])).toMatchObject({ kind: 'committed', version: 1 });
  });
});
