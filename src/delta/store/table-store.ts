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

export interface TableStore {
  /** For messages: where the table is, as a person would write it. */
  readonly location: string;
  /**
   * All entries directly in `folder` (`''` is the root) whose last name part is >= `from`, in byte order. `recursive`
   * descends. A folder that does not exist is empty.
   */
  list(
    folder: string,
    options?: { readonly from?: string; readonly recursive?: boolean },
  ): Promise<StoreEntry[]>;
  /** Only the names of `list`, which a disk gives much faster. */
  listNames(folder: string, from?: string): Promise<string[]>;
  /** The bytes of an entry, or undefined when there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
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
  /** Removes the entry; one that is not there is not an error. */
  delete(name: string): Promise<void>;
  /** The path that a Parquet engine opens for this entry (a file path here, a URL on an object store). */
  enginePath(name: string): string;
}

/** Called at named steps, so that tests can end the process there. */
export type StepHook = (step: string) => void | Promise<void>;
