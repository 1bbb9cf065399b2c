/** What a table is, from its log alone: columns, layout, properties, protocol, and how large its files are. */

import type { DataType } from '../format/schema.ts';
import { totalRows } from '../format/stats.ts';
import type { AddFile } from '../log/actions.ts';
import { parseJson } from '../log/json.ts';
import type { Snapshot } from '../log/snapshot.ts';

export interface ColumnDescription {
  readonly name: string;
  /** As in SQL: `double`, `array<string>`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly isPartition: boolean;
  /** Whether sorted files are sorted by it. */
  readonly isClustered: boolean;
}

export interface TableDescription {
  readonly id: string;
  readonly version: number;
  readonly description: string | undefined;
  readonly columns: readonly ColumnDescription[];
  readonly partitionColumns: readonly string[];
  readonly clusterColumns: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly features: readonly string[];
  readonly files: FileDescription;
}

export interface FileDescription {
  readonly count: number;
  readonly bytes: number;
  /** Undefined when a file has no statistics. */
  readonly rows: number | undefined;
  /** Share of the bytes that lie in files sorted by the cluster columns, 0 to 1. */
  readonly clusteredShare: number;
  /** Bytes of a file; all 0 for a table without files. */
  readonly smallest: number;
  readonly median: number;
  readonly largest: number;
}

/** Pure. */
export function describeTable({
  version,
  metadata,
  protocol,
  schema,
  partitionColumns,
  files,
}: Snapshot): TableDescription {
  const adds = [...files.values()];
  const clustering = commonClustering(adds);
  return {
    id: metadata.id,
    version,
    description: metadata.description,
    columns: schema.fields.map(({ name, type, nullable }) => ({
      name,
      type: typeText(type),
      nullable,
      isPartition: partitionColumns.includes(name),
      isClustered: clustering.columns.includes(name),
    })),
    partitionColumns,
    clusterColumns: clustering.columns,
    properties: metadata.configuration,
    minReaderVersion: protocol.minReaderVersion,
    minWriterVersion: protocol.minWriterVersion,
    features: [...new Set([...(protocol.readerFeatures ?? []), ...(protocol.writerFeatures ?? [])])].sort(),
    files: describeFiles(adds, clustering.bytes),
  };
}

function typeText(type: DataType): string {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${typeText(field.type)}`).join(', ')}>`;
    case 'array':
      return `array<${typeText(type.elementType)}>`;
    case 'map':
      return `map<${typeText(type.keyType)}, ${typeText(type.valueType)}>`;
  }
}

function describeFiles(adds: readonly AddFile[], clusteredBytes: number): FileDescription {
  const sizes = adds.map(({ size }) => Number(size)).sort((a, b) => a - b);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return {
    count: adds.length,
    bytes,
    rows: totalRows(adds),
    clusteredShare: bytes === 0 ? 0 : clusteredBytes / bytes,
    smallest: sizes[0] ?? 0,
    median: sizes[Math.floor(sizes.length / 2)] ?? 0,
    largest: sizes.at(-1) ?? 0,
  };
}

/** By the tags that Spark's clustering writes too; the columns that most of the bytes are sorted by. */
function commonClustering(adds: readonly AddFile[]): { columns: readonly string[]; bytes: number } {
  const bytesOf = new Map<string, number>();
  for (const { tags, size } of adds) {
    const key = tags?.ZCUBE_ZORDER_BY;
    if (key) bytesOf.set(key, (bytesOf.get(key) ?? 0) + Number(size));
  }
  const [key, bytes] = [...bytesOf].sort(([, a], [, b]) => b - a)[0] ?? [undefined, 0];
  const columns = parsed(key);
  return Array.isArray(columns) ? { columns: columns.map(String), bytes } : { columns: [], bytes: 0 };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : parseJson(text);
  } catch {
    return undefined;
  }
}
