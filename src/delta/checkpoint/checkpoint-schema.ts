/** The columns of a checkpoint: Spark's layout, in Spark's order. Source: Delta protocol, "Checkpoint Schema". */
export type CheckpointType =
  | 'string'
  | 'long'
  | 'integer'
  | 'boolean'
  /** Strings by strings. */
  | 'map'
  /** Of strings. */
  | 'list'
  | { readonly [field: string]: CheckpointType };

const DELETION_VECTOR: CheckpointType = {
  storageType: 'string',
  pathOrInlineDv: 'string',
  offset: 'integer',
  sizeInBytes: 'integer',
  cardinality: 'long',
  maxRowIndex: 'long',
};

/** Action → field → type. What an action has beside these is not kept by a checkpoint. */
export const CHECKPOINT_FIELDS: Readonly<Record<string, { readonly [field: string]: CheckpointType }>> = {
  txn: { appId: 'string', version: 'long', lastUpdated: 'long' },
  add: {
    path: 'string',
    partitionValues: 'map',
    size: 'long',
    modificationTime: 'long',
    dataChange: 'boolean',
    tags: 'map',
    deletionVector: DELETION_VECTOR,
    baseRowId: 'long',
    defaultRowCommitVersion: 'long',
    clusteringProvider: 'string',
    stats: 'string',
  },
  remove: {
    path: 'string',
    deletionTimestamp: 'long',
    dataChange: 'boolean',
    extendedFileMetadata: 'boolean',
    partitionValues: 'map',
    size: 'long',
    deletionVector: DELETION_VECTOR,
    baseRowId: 'long',
    defaultRowCommitVersion: 'long',
  },
  metaData: {
    id: 'string',
    name: 'string',
    description: 'string',
    format: { provider: 'string', options: 'map' },
    schemaString: 'string',
    partitionColumns: 'list',
    configuration: 'map',
    createdTime: 'long',
  },
  protocol: {
    minReaderVersion: 'integer',
    minWriterVersion: 'integer',
    readerFeatures: 'list',
    writerFeatures: 'list',
  },
  domainMetadata: { domain: 'string', configuration: 'string', removed: 'boolean' },
};
