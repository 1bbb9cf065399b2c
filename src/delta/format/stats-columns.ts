/**
 * The columns that a table wants statistics of, by its properties `delta.dataSkippingStatsColumns`, which goes first,
 * and `delta.dataSkippingNumIndexedCols`. Source: Delta protocol, "Per-file Statistics"; Spark's StatisticsCollection.
 */
import type { Metadata } from '../log/actions.ts';
import { partitionNames } from './partition-value.ts';
import { parseSchema, type StructField } from './schema.ts';

const DEFAULT_COLUMNS = 32;

/** @returns the columns that data files hold, without those fields of structs that are not wanted. */
export function statsColumns({ schemaString, partitionColumns, configuration }: Metadata): StructField[] {
  const schema = parseSchema(schemaString);
  const partitions = partitionNames(partitionColumns, schema);
  const fields = schema.fields.filter(({ name }) => !partitions.includes(name));
  const named = configuration['delta.dataSkippingStatsColumns'];
  return named === undefined
    ? firstFields(fields, { left: columnCount(configuration['delta.dataSkippingNumIndexedCols']) })
    : namedFields(fields, parseNames(named));
}

/** A negative count means all of them. */
function columnCount(text: string | undefined): number {
  const count = Number(text?.trim() || Number.NaN);
  if (!Number.isInteger(count)) return DEFAULT_COLUMNS;
  return count < 0 ? Number.POSITIVE_INFINITY : count;
}

/** The fields of a struct count one by one, a list or a map counts as one. */
function firstFields(fields: readonly StructField[], indexed: { left: number }): StructField[] {
  return fields.flatMap((field) => {
    const { type } = field;
    if (typeof type !== 'string' && type.type === 'struct')
      return [{ ...field, type: { ...type, fields: firstFields(type.fields, indexed) } }];
    return indexed.left-- > 0 ? [field] : [];
  });
}

/** A struct that is named stands for all that is in it. */
function namedFields(fields: readonly StructField[], names: readonly (readonly string[])[]): StructField[] {
  return fields.flatMap((field) => {
    const own = names.filter(([first]) => first?.toLowerCase() === field.name.toLowerCase());
    if (own.some(({ length }) => length === 1)) return [field];
    const { type } = field;
    if (own.length === 0 || typeof type === 'string' || type.type !== 'struct') return [];
    const inner = namedFields(
      type.fields,
      own.map(([, ...rest]) => rest),
    );
    return [{ ...field, type: { ...type, fields: inner } }];
  });
}

/** `a, b.c, `d.e`.f`: commas between columns, dots between the names of fields, backticks around unusual names. */
function parseNames(text: string): string[][] {
  const columns: string[][] = [[]];
  for (const [, quoted, plain, mark] of text.matchAll(/`((?:[^`]|``)*)`|([^`.,]+)|([.,])/g)) {
    if (mark === ',') columns.push([]);
    const name = quoted?.replaceAll('``', '`') ?? plain?.trim();
    if (name) columns.at(-1)?.push(name);
  }
  return columns;
}
