/**
 * Adds nullable columns to a table: one commit of metadata, no file is touched, and older files read as null.
 * Source: Delta protocol, "Schema Serialization Format"; id and creation time stay, or streams of others would break.
 */
import { LakeError } from '../../base/errors.ts';
import type { DeltaTable } from '../delta-table.ts';
import type { DataType, StructField } from '../format/schema.ts';
import { canonicalJson, stringifyJson } from '../log/json.ts';

/** What Spark refuses in a name when columns are not mapped. */
const FORBIDDEN_IN_NAMES = /[ ,;{}()\n\t=]/;
/** Types that need a table feature, or that no file can hold. */
const UNSUPPORTED_TYPES: ReadonlySet<string> = new Set(['timestamp_ntz', 'variant', 'void']);
/** Others may change the table meanwhile, this often. */
const MAX_PLANS = 3;

/**
 * Columns that are there already with the same type are left alone.
 *
 * @returns the version that added them, or undefined when the table has all of them.
 * @throws LakeError TABLE_SCHEMA for a column that cannot be added, TABLE_UNSUPPORTED, COMMIT_CONFLICT.
 */
export async function addColumns(
  table: DeltaTable,
  columns: readonly StructField[],
): Promise<number | undefined> {
  for (let attempt = 0; attempt < MAX_PLANS; attempt++) {
    const { metadata, schema } = await table.refresh();
    const added = missingColumns(schema.fields, columns);
    if (added.length === 0) return undefined;
    const outcome = await table.commit({
      operation: 'ADD COLUMNS',
      operationParameters: { columns: stringifyJson(added.map((column) => ({ column }))) },
      metadata: {
        ...metadata,
        schemaString: stringifyJson({ ...schema, fields: [...schema.fields, ...added] }),
      },
      reads: 'nothing',
    });
    if (outcome.kind === 'committed') return outcome.version;
  }
  throw new LakeError('COMMIT_CONFLICT', `the table \`${table.store.location}\` is being changed by others`, {
    hint: 'nothing was written; it is safe to repeat',
  });
}

/** Pure. Names are the same when they differ in case only. @throws LakeError TABLE_SCHEMA */
export function missingColumns(
  existing: readonly StructField[],
  wanted: readonly StructField[],
): StructField[] {
  const known = new Map(existing.map((field) => [field.name.toLowerCase(), field]));
  const missing: StructField[] = [];
  for (const field of wanted) {
    const there = known.get(field.name.toLowerCase());
    if (there === undefined) {
      checkAddable(field);
      missing.push(field);
      known.set(field.name.toLowerCase(), field);
    } else if (there.name !== field.name || canonicalJson(there.type) !== canonicalJson(field.type)) {
      throw unfit(field, `the table has \`${there.name}\` as ${JSON.stringify(there.type)}`);
    }
  }
  return missing;
}

function checkAddable(field: StructField): void {
  if (field.name === '' || FORBIDDEN_IN_NAMES.test(field.name))
    throw unfit(field, 'other engines refuse its name');
  if (!field.nullable)
    throw unfit(field, 'it must be nullable: the rows that are there have no value for it');
  const unsupported = primitivesOf(field.type).find((type) => UNSUPPORTED_TYPES.has(type));
  if (unsupported) throw unfit(field, `the type ${unsupported} needs a newer table protocol`);
}

function primitivesOf(type: DataType): string[] {
  if (typeof type === 'string') return [type];
  switch (type.type) {
    case 'struct':
      return type.fields.flatMap((field) => primitivesOf(field.type));
    case 'array':
      return primitivesOf(type.elementType);
    case 'map':
      return [...primitivesOf(type.keyType), ...primitivesOf(type.valueType)];
  }
}

function unfit({ name }: StructField, why: string): LakeError {
  return new LakeError('TABLE_SCHEMA', `the column \`${name}\` cannot be added: ${why}`, {
    hint: 'choose another name or type',
  });
}
