/** The DuckDB type that holds every value of a Delta type. Source: Delta protocol, "Primitive Types". */
import { quotedIdentifier } from '@duckdb/node-api';
import type { DataType } from '../../delta/format/schema.ts';

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  short: 'SMALLINT',
  byte: 'TINYINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMPTZ',
  timestamp_ntz: 'TIMESTAMP',
  void: 'INTEGER',
};

/** @throws TypeError for a text that is no type: it would go into SQL as it stands. Schemas are checked when they are parsed. */
export function duckdbType(type: DataType): string {
  if (typeof type === 'string') {
    const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type);
    const known = decimal ? `DECIMAL(${decimal[1]},${decimal[2]})` : PRIMITIVES[type];
    if (known === undefined) throw new TypeError(`\`${String(type)}\` is no type`);
    return known;
  }
  switch (type.type) {
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quotedIdentifier(field.name)} ${duckdbType(field.type)}`).join(', ')})`;
    case 'array':
      return `${duckdbType(type.elementType)}[]`;
    case 'map':
      return `MAP(${duckdbType(type.keyType)}, ${duckdbType(type.valueType)})`;
  }
}
