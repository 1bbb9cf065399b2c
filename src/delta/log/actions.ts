/**
 * The actions of a Delta commit as TypeScript types.
 * Source: Delta protocol, "Actions". Optional fields are absent, never null; unknown fields are kept.
 */

/** A 64-bit integer of the log: a number while it is safe, a bigint beyond 2^53. */
export type Int64 = number | bigint;

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[];
  readonly writerFeatures?: readonly string[];
}

export interface Metadata {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly createdTime?: Int64;
  readonly configuration: Readonly<Record<string, string>>;
}

export interface DeletionVectorDescriptor {
  readonly storageType: 'u' | 'i' | 'p';
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeInBytes: number;
  readonly cardinality: Int64;
}

export interface AddFile {
  /** As written in the log: a URI relative to the table root, percent-encoded. */
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: Int64;
  /** Milliseconds since the epoch. */
  readonly modificationTime: Int64;
  readonly dataChange: boolean;
  /** JSON text: numRecords, minValues, maxValues, nullCount. */
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly deletionVector?: DeletionVectorDescriptor;
  readonly baseRowId?: Int64;
  readonly defaultRowCommitVersion?: Int64;
  readonly clusteringProvider?: string;
}

export interface RemoveFile {
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly deletionTimestamp?: Int64;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly size?: Int64;
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly deletionVector?: DeletionVectorDescriptor;
  readonly baseRowId?: Int64;
  readonly defaultRowCommitVersion?: Int64;
}

export interface Txn {
  readonly appId: string;
  readonly version: Int64;
  /** Milliseconds since the epoch. */
  readonly lastUpdated?: Int64;
}

export interface DomainMetadata {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

/** Free-form; the fields that Spark types are typed here. Parameter and metric values are strings, always. */
export interface CommitInfo {
  readonly timestamp?: Int64;
  readonly inCommitTimestamp?: Int64;
  readonly operation?: string;
  readonly operationParameters?: Readonly<Record<string, string>>;
  readonly readVersion?: Int64;
  readonly isolationLevel?: string;
  readonly isBlindAppend?: boolean;
  readonly operationMetrics?: Readonly<Record<string, string>>;
  readonly userMetadata?: string;
  readonly engineInfo?: string;
  readonly txnId?: string;
}

/** One line of a commit: exactly one of the keys is set; an action unknown to us is carried as `unknown`. */
export type Action =
  | { readonly commitInfo: CommitInfo }
  | { readonly protocol: Protocol }
  | { readonly metaData: Metadata }
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly txn: Txn }
  | { readonly domainMetadata: DomainMetadata }
  | { readonly unknown: { readonly name: string; readonly value: unknown } };
