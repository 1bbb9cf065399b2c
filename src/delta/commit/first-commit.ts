/** Version 0 of a table: who made it, what readers and writers must know, and its schema. */
import type { StructField } from '../format/schema.ts';
import type { Action } from '../log/actions.ts';

export interface TableDefinition {
  readonly fields: readonly StructField[];
  readonly partitionColumns: readonly string[];
  readonly description?: string;
  readonly configuration: Readonly<Record<string, string>>;
}

export function firstCommit(
  { fields, partitionColumns, description, configuration }: TableDefinition,
  engineInfo: string,
): Action[] {
  const nowMs = Date.now();
  return [
    {
      commitInfo: {
        timestamp: nowMs,
        operation: 'CREATE TABLE',
        operationParameters: {
          isManaged: 'false',
          partitionBy: JSON.stringify(partitionColumns),
          properties: JSON.stringify(configuration),
        },
        isolationLevel: 'Serializable',
        isBlindAppend: true,
        operationMetrics: {},
        engineInfo,
        txnId: crypto.randomUUID(),
      },
    },
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: crypto.randomUUID(),
        ...(description === undefined ? {} : { description }),
        format: { provider: 'parquet', options: {} },
        schemaString: JSON.stringify({ type: 'struct', fields }),
        partitionColumns,
        configuration,
        createdTime: nowMs,
      },
    },
  ];
}
