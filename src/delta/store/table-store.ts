/**
 * The storage a table lives on, as small as the protocol allows: list, read, put if absent, delete.
 * Names are relative to the table root with `/` between parts, decoded (never percent-encoded), and never leave the
 * root. Nothing in the protocol code assumes a file system.
 */
export interface StoreEntry {
  readonly name: string;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number;
}

export interface ListOptions {
  /** The least last part of a name. */
  readonly from?: string;
  /** Also what lies in folders below. */
  readonly recursive?: boolean;
  /** Also what symbolic links lead to. Never for files that are to be deleted: what is behind a link may be of others. */
  readonly followLinks?: boolean;
}

export interface TableStore {
  /** For messages: where the table is, as a person would write it. */
  readonly location: string;
  /** The folder of a table on this machine; undefined for one elsewhere. */
  readonly folder: string | undefined;
  /**
   * All entries directly in `folder` (`''` is the root) whose last name part is >= `from`, in byte order. `recursive`
   * descends. A folder that does not exist is empty.
   */
  list(folder: string, options?: ListOptions): Promise<StoreEntry[]>;
  /** Only the names of `list`, which a disk gives much faster. */
  listNames(folder: string, from?: string): Promise<string[]>;
  /** The bytes of an entry, or undefined when there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** The same for an entry that a listing has named and that nobody changes: a copy on this machine will do. */
  readImmutable(name: string): Promise<Uint8Array | undefined>;
  /**
   * Creates the entry whole and durable, or reports that it is there already. This is the only commit point of a
   * table. Throws only when nothing is known to be wrong with the caller: the outcome is then unknown.
   */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<'created' | 'exists'>;
  /** Writes the entry whole and durable over what may be there. For hints and checkpoints, never for commits. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /**
   * The same for an engine that writes files by itself: `write` gets the path of a file that does not exist yet.
   * @returns the size in bytes.
   */
  putFile(name: string, write: (enginePath: string) => void): Promise<number>;
  /** Makes a finished file of this machine the entry, and removes it where it was. @returns the size in bytes. */
  moveIn(name: string, path: string): Promise<number>;
  /** Copies the entry to a file that is not there yet. @throws LakeError TABLE_DAMAGED when there is no such entry. */
  download(name: string, path: string): Promise<void>;
  /**
   * Paths on this machine under which an engine finds the entries, all of them at once: the files themselves on a disk,
   * copies in a bounded cache of an object store.
   * @throws LakeError TABLE_DAMAGED for one that is missing, DISK_FULL when they do not fit.
   */
  localPaths(entries: ReadonlyArray<Pick<StoreEntry, 'name' | 'sizeBytes'>>): Promise<string[]>;
  /** Removes the entry; one that is not there is not an error. */
  delete(name: string): Promise<void>;
  /** The path that a Parquet engine opens for this entry (a file path here, a URL on an object store). */
  enginePath(name: string): string;
}

/** Called at named steps, so that tests can end the process there. */
export type StepHook = (step: string) => void | Promise<void>;
