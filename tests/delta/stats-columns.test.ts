import { expect, it } from 'vitest';
import { type DataType, nullableField, type StructField } from '../../src/delta/format/schema.ts';
import { statsColumns } from '../../src/delta/format/stats-columns.ts';

const struct = (...fields: readonly StructField[]): DataType => ({ type: 'struct', fields });
const FIELDS = [
  nullableField('id', 'long'),
  nullableField('day', 'date'),
  nullableField(
    'Info',
    struct(nullableField('a', 'long'), nullableField('deep.er', struct(nullableField('b', 'long')))),
  ),
  nullableField('list', { type: 'array', elementType: 'long', containsNull: true }),
  nullableField('last, `one`', 'string'),
];

function namesOf(fields: readonly StructField[], parent: readonly string[] = []): string[] {
  return fields.flatMap(({ name, type }) => {
    const path = [...parent, name];
    return typeof type !== 'string' && type.type === 'struct' ? namesOf(type.fields, path) : [path.join('|')];
  });
}

function indexed(configuration: Record<string, string>, fields: readonly StructField[] = FIELDS): string[] {
  const schemaString = JSON.stringify({ type: 'struct', fields });
  const format = { provider: 'parquet', options: {} };
  return namesOf(statsColumns({ id: 'x', format, schemaString, partitionColumns: ['day'], configuration }));
}

const NUMBER = 'delta.dataSkippingNumIndexedCols';
const NAMES = 'delta.dataSkippingStatsColumns';
const ALL = ['id', 'Info|a', 'Info|deep.er|b', 'list', 'last, `one`'];

it('statistics are kept for the first 32 columns, of which each field of a struct is one, and no partition column', () => {
  const many = Array.from({ length: 40 }, (_, index) => nullableField(`f${index}`, 'long'));
  const names = indexed({}, [FIELDS[0], FIELDS[1], nullableField('s', struct(...many))] as StructField[]);
  expect(names).toEqual(['id', ...many.slice(0, 31).map(({ name }) => `s|${name}`)]);
});

it.each([
  [{ [NUMBER]: '3' }, ALL.slice(0, 3)],
  [{ [NUMBER]: '0' }, []],
  [{ [NUMBER]: '-1' }, ALL],
  [{ [NUMBER]: 'many' }, ALL],
  [{ [NAMES]: 'list,id' }, ['id', 'list']],
  [{ [NAMES]: 'id', [NUMBER]: '-1' }, ['id']],
  [{ [NAMES]: 'info' }, ['Info|a', 'Info|deep.er|b']],
  [{ [NAMES]: ' info.a , `last, ``one``` ' }, ['Info|a', 'last, `one`']],
  [{ [NAMES]: 'Info.`deep.er`.b' }, ['Info|deep.er|b']],
  [{ [NAMES]: 'Info.`deep.er`' }, ['Info|deep.er|b']],
  [{ [NAMES]: 'nowhere,id.x,day' }, []],
  [{ [NAMES]: '' }, []],
])('a table says of which it wants them: %j', (configuration, names) => {
  expect(indexed(configuration as Record<string, string>)).toEqual(names);
});
