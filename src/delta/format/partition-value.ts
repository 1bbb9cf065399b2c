/**
 * Partition values of files. Names are matched as SQL matches them, without regard to case, since some writers spell a
 * column otherwise in `partitionColumns` or in `partitionValues` than in the schema.
 * Source: Delta protocol, "Partition Value Serialization"; Spark, which resolves partition columns so.
 */
import { LakeError } from '../../base/errors.ts';
import type { AddFile } from '../log/actions.ts';
import type { DataType, StructType } from './schema.ts';

/** @returns the names of the schema. @throws LakeError TABLE_DAMAGED for a column that the schema does not have. */
export function partitionNames(columns: readonly string[], { fields }: StructType): string[] {
  return columns.map((column) => {
    const field =
      fields.find(({ name }) => name === column) ??
      fields.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    if (field) return field.name;
    throw new LakeError(
      'TABLE_DAMAGED',
      `the table is partitioned by \`${column.slice(0, 100)}\`, which is none of its columns`,
      { hint: 'restore the table from a backup' },
    );
  });
}

/** @param name of the column in the log. @returns null also for the empty text, which is null for every type. */
export function partitionValueOf(
  { partitionValues }: Pick<AddFile, 'partitionValues'>,
  name: string,
): string | null {
  if (Object.hasOwn(partitionValues, name)) return partitionValues[name] || null;
  const lower = name.toLowerCase();
  const other = Object.keys(partitionValues).find((key) => key.toLowerCase() === lower);
  return (other !== undefined && partitionValues[other]) || null;
}

const TIME = String.raw`\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?`;
const DATE = String.raw`[+-]?\d{4,6}-\d{2}-\d{2}`;
const INTEGER = /^[+-]?\d{1,19}$/;
const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?`;
const FLOAT = new RegExp(`^(?:${NUMBER}|NaN|[+-]?Inf(?:inity)?)$`, 'i');
const FORMS: Readonly<Record<string, RegExp>> = {
  boolean: /^(?:true|false)$/i,
  date: new RegExp(`^${DATE}$`),
  timestamp: new RegExp(`^${DATE}(?:[ T]${TIME}(?:Z|[+-]\\d{2}:?\\d{2})?)?$`),
  timestamp_ntz: new RegExp(`^${DATE}(?:[ T]${TIME})?$`),
  float: FLOAT,
  double: FLOAT,
  decimal: new RegExp(`^${NUMBER}$`, 'i'),
  long: INTEGER,
  integer: INTEGER,
  short: INTEGER,
  byte: INTEGER,
};

/** Whether a text has the form of a value of its type; whether it is in the type's range is for the engine to say. */
export function hasPartitionForm(type: DataType, text: string): boolean {
  const form = FORMS[String(type).replace(/\(.*/, '')];
  return form === undefined || form.test(text);
}
