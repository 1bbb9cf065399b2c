/** Types that DuckDB writes into Parquet in a way that others read wrongly or not at all, and what they become instead. */
import {
  type DuckDBArrayType,
  type DuckDBListType,
  type DuckDBMapType,
  type DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  quotedIdentifier,
} from '@duckdb/node-api';

/** @returns the SQL type to cast to. */
export function parquetType(type: DuckDBType): string {
  switch (type.typeId) {
    // Sums of integers: DuckDB would make doubles of them.
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return 'DECIMAL(38,0)';
    case DuckDBTypeId.UUID:
    case DuckDBTypeId.INTERVAL:
    case DuckDBTypeId.TIME_TZ:
      return 'VARCHAR';
    case DuckDBTypeId.LIST:
      return `${parquetType((type as DuckDBListType).valueType)}[]`;
    case DuckDBTypeId.ARRAY: {
      const { valueType, length } = type as DuckDBArrayType;
      return `${parquetType(valueType)}[${length}]`;
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type as DuckDBStructType;
      const fields = entryTypes.map(
        (field, index) => `${quotedIdentifier(entryNames[index] ?? '')} ${parquetType(field)}`,
      );
      return `STRUCT(${fields.join(', ')})`;
    }
    case DuckDBTypeId.MAP: {
      const { keyType, valueType } = type as DuckDBMapType;
      return `MAP(${parquetType(keyType)}, ${parquetType(valueType)})`;
    }
    default:
      return type.toString();
  }
}
