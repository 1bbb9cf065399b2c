/** All back-ups of a lake, in a folder of this machine or under a prefix of an object store. */
import type { TableStore } from '../delta/store/table-store.ts';

const STAMP = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/;

export interface BackedUpTable {
  readonly name: string;
  readonly version: number;
  readonly files: number;
  readonly bytes: number;
}

export interface Manifest {
  /** ISO time in UTC. */
  readonly madeAt: string;
  readonly lake: string;
  readonly tables: readonly BackedUpTable[];
}

export interface BackupSet {
  /** Whole back-ups by their time, the oldest first; one that was not finished is none. */
  list(): Promise<string[]>;
  /** @throws LakeError BACKUP_FAILED when it is none. */
  readManifest(stamp: string): Promise<Manifest>;
  /** A table of a back-up, as any other one. */
  open(stamp: string, table: string): Promise<TableStore>;
  /** @throws LakeError LAKE_LOCKED while another one is made. */
  begin(stamp: string): Promise<NewBackup>;
}

/** A back-up that is being made, the only one of its set. */
export interface NewBackup {
  /** Aborted when another machine took over. */
  readonly lost: AbortSignal;
  table(name: string): Promise<CopyTarget>;
  /** From then on it is one. @returns where it is. */
  finish(manifest: Manifest): Promise<string>;
  /** @returns where they were. */
  remove(stamps: readonly string[]): Promise<string[]>;
  /** Lets another one begin. What was not finished is no back-up. */
  end(): Promise<void>;
}

/** Where a version of a table is copied to. */
export interface CopyTarget {
  readonly store: TableStore;
  /** Only what the version needs of the log, not also its past. */
  readonly needsLittleLog?: boolean;
  /** Makes the data file a part of the copy without copying it, if a back-up before has it. */
  keep?(name: string, sizeBytes: number): Promise<boolean>;
  /** Whether a kept file was read whole when it came, and its place loses nothing. */
  isProved?(name: string): boolean;
}

export function isStamp(name: string): boolean {
  return STAMP.test(name);
}

export function stampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}

/** @returns milliseconds since the epoch. */
export function timeOf(stamp: string): number {
  return Date.parse(stamp.replace(/T(\d\d)-(\d\d)-(\d\d)Z/, 'T$1:$2:$3Z'));
}
