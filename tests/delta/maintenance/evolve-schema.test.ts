import { describe, expect, it } from 'vitest';
import { type DataType, nullableField } from '../../../src/delta/format/schema.ts';
import { readHistory } from '../../../src/delta/log/history.ts';
import { addColumns } from '../../../src/delta/maintenance/add-columns.ts';
import { append, makeTable } from '../../support/delta.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const NOTE = nullableField('note', 'string');

describe('adding columns', () => {
  it('appends them to the schema in one commit, and keeps files, id, creation time and properties', async () => {
    const table = await makeTable(new MemoryStore(), { 'delta.checkpointInterval': '7' });
    await append(table, ['a']);
    const before = table.snapshot;
    expect(await addColumns(table, [NOTE, nullableField('fee', 'decimal(38,18)')])).toBe(2);
    const { metadata, schema, files } = table.snapshot;
    expect(schema.fields.map(({ name }) => name)).toEqual(['id', 'symbol', 'note', 'fee']);
    expect({ ...metadata, schemaString: '' }).toEqual({ ...before.metadata, schemaString: '' });
    expect([...files.keys()]).toEqual(['a']);
    const [last] = await readHistory(table.store, 1);
    expect(last?.info).toMatchObject({ operation: 'ADD COLUMNS', isBlindAppend: false });
  });

  it('commits nothing when they are there already', async () => {
    const table = await makeTable(new MemoryStore());
    await addColumns(table, [NOTE]);
    expect(await addColumns(table, [NOTE, nullableField('id', 'long')])).toBeUndefined();
    expect(table.version).toBe(1);
  });

  it('by two processes at once adds the columns of both, each once', async () => {
    const store = new MemoryStore();
    const [a, b] = [await makeTable(store), await makeTable(store)];
    await Promise.all([addColumns(a, [NOTE]), addColumns(b, [NOTE, nullableField('fee', 'double')])]);
    const { schema } = await a.refresh();
    expect(schema.fields.map(({ name }) => name).sort()).toEqual(['fee', 'id', 'note', 'symbol']);
  });

  it('lets appends through that come in between', async () => {
    const store = new MemoryStore();
    const [a, b] = [await makeTable(store), await makeTable(store)];
    await append(b, ['x']);
    expect(await addColumns(a, [NOTE])).toBe(2);
    expect([...a.snapshot.files.keys()]).toEqual(['x']);
  });

  const array = { type: 'array', elementType: 'timestamp_ntz', containsNull: true } satisfies DataType;
  it.each([
    ['of another type', nullableField('id', 'string'), /the table has `id` as "long"/],
    ['that differs in case only', nullableField('ID', 'long'), /the table has `id`/],
    ['that is not nullable', { ...NOTE, nullable: false }, /must be nullable/],
    ['with a name that Spark refuses', nullableField('a b', 'string'), /refuse its name/],
    ['without a name', nullableField('', 'string'), /refuse its name/],
    ['of a type that needs a table feature', nullableField('t', array), /timestamp_ntz/],
  ])('refuses a column %s', async (_, column, message) => {
    const table = await makeTable(new MemoryStore());
    await expect(addColumns(table, [column])).rejects.toMatchObject({
      code: 'TABLE_SCHEMA',
      message: expect.stringMatching(message),
    });
    expect(table.version).toBe(0);
  });
});
