/** Structs whose fields have other names in files than in the table. Source: Delta protocol, "Column Mapping". */
import type { DataType, StructField } from '../delta/schema.ts';
import { quotedIdentifier } from '../duckdb.ts';

/** The type with the names that its structs have in files. */
export function typeInFiles(type: DataType): DataType {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'struct':
      return {
        ...type,
        fields: type.fields.map((field) => ({
          ...field,
          name: physicalName(field),
          type: typeInFiles(field.type),
        })),
      };
    case 'array':
      return { ...type, elementType: typeInFiles(type.elementType) };
    case 'map':
      return { ...type, keyType: typeInFiles(type.keyType), valueType: typeInFiles(type.valueType) };
  }
}

/** @param stored SQL for a value of {@link typeInFiles}. @returns SQL for the same value under the table's names. */
export function mappedValue(type: DataType, stored: string, depth = 0): string {
  if (!hasStruct(type) || typeof type === 'string') return stored;
  const item = `item${depth}`;
  switch (type.type) {
    case 'struct': {
      const fields = type.fields.map((field) => {
        const value = `${stored}.${quotedIdentifier(physicalName(field))}`;
        return `${quotedIdentifier(field.name)} := ${mappedValue(field.type, value, depth)}`;
      });
      return `CASE WHEN ${stored} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`;
    }
    case 'array':
      return `list_transform(${stored}, lambda ${item}: ${mappedValue(type.elementType, item, depth + 1)})`;
    case 'map': {
      const key = mappedValue(type.keyType, `${item}.key`, depth + 1);
      const value = mappedValue(type.valueType, `${item}.value`, depth + 1);
      const entries = `list_transform(map_entries(${stored}), lambda ${item}: struct_pack(key := ${key}, value := ${value}))`;
      return `map_from_entries(${entries})`;
    }
  }
}

/** Lists and maps of plain values have no names in them. */
export function hasStruct(type: DataType): boolean {
  if (typeof type === 'string') return false;
  switch (type.type) {
    case 'struct':
      return true;
    case 'array':
      return hasStruct(type.elementType);
    case 'map':
      return hasStruct(type.keyType) || hasStruct(type.valueType);
  }
}

export function physicalName({ name, metadata }: Pick<StructField, 'name' | 'metadata'>): string {
  return String(metadata['delta.columnMapping.physicalName'] ?? name);
}
