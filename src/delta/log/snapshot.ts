/** An immutable view of a table at one version. */
import { LakeError } from '../../base/errors.ts';
import { partitionNames } from '../format/partition-value.ts';
import { checkReadable } from '../format/protocol-support.ts';
import { parseSchema, type StructType } from '../format/schema.ts';
import type { AddFile, DomainMetadata, Metadata, Protocol, RemoveFile, Txn } from './actions.ts';
import type { LogReplay } from './log-replay.ts';

export interface Snapshot {
  readonly version: number;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly schema: StructType;
  /** As the schema spells them. */
  readonly partitionColumns: readonly string[];
  /** Live files by key. */
  readonly files: ReadonlyMap<string, AddFile>;
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  readonly txns: ReadonlyMap<string, Txn>;
  readonly domains: ReadonlyMap<string, DomainMetadata>;
}

/** @throws LakeError TABLE_DAMAGED without protocol or metadata, TABLE_UNSUPPORTED by name. */
export function snapshotOf(state: LogReplay, version: number, location: string): Snapshot {
  const { protocol, metadata, files, tombstones, txns, domains } = state;
  if (protocol === undefined || metadata === undefined) {
    const missing = protocol === undefined ? 'protocol' : 'metaData';
    throw new LakeError('TABLE_DAMAGED', `the log of \`${location}\` has no \`${missing}\` action`, {
      hint: 'restore the table from a backup',
    });
  }
  checkReadable(protocol, metadata, location);
  state.share();
  const schema = parseSchema(metadata.schemaString);
  return {
    version,
    protocol,
    metadata,
    schema,
    partitionColumns: partitionNames(metadata.partitionColumns, schema),
    files,
    tombstones,
    txns,
    domains,
  };
}
