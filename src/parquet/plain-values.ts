/** Values one behind the other, as checkpoints have them: texts, integers, booleans. Source: Parquet format, "Encodings". */
import type { SchemaElement } from 'hyparquet';
import type { Cursor } from './thrift-struct.ts';

export type Value = string | number | bigint | boolean;

/** @throws Error for types that no column of a checkpoint has, RangeError when the bytes end too early. */
export function readPlainValues(cursor: Cursor, element: SchemaElement, count: number): Value[] {
  const { bytes } = cursor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: Value[] = [];
  switch (plainTypeOf(element)) {
    case 'BOOLEAN':
      for (let n = 0; n < count; n++)
        values.push(((view.getUint8(cursor.at + (n >> 3)) >> (n & 7)) & 1) === 1);
      cursor.at += (count + 7) >> 3;
      return values;
    case 'INT32':
      for (let n = 0; n < count; n++, cursor.at += 4) values.push(view.getInt32(cursor.at, true));
      return values;
    case 'INT64':
      for (let n = 0; n < count; n++, cursor.at += 8) values.push(exact(view.getBigInt64(cursor.at, true)));
      return values;
    case 'BYTE_ARRAY': {
      const texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let n = 0; n < count; n++) {
        const start = cursor.at + 4;
        cursor.at = start + view.getUint32(cursor.at, true);
        if (cursor.at > texts.length) throw new RangeError('a text ends behind its page');
        values.push(texts.toString('utf8', start, cursor.at));
      }
      return values;
    }
  }
}

function plainTypeOf({ type, converted_type: converted, logical_type: logical }: SchemaElement) {
  if (logical !== undefined && logical.type !== 'STRING' && logical.type !== 'INTEGER')
    throw new Error(`a column of type ${logical.type}`);
  if (converted !== undefined && converted !== 'UTF8' && !/^INT_\d+$/.test(converted))
    throw new Error(`a column of type ${converted}`);
  if (type === 'BOOLEAN' || type === 'INT32' || type === 'INT64' || type === 'BYTE_ARRAY') return type;
  throw new Error(`a column of type ${type}`);
}

/** 64-bit integers that a number holds are numbers, as in commits. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
