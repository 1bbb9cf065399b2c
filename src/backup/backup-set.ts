/** The folder of all back-ups: one folder each, named by its time, which is a whole lake that can be read as it is. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError } from '../base/errors.ts';

const STAMP = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/;
export const MANIFEST = 'backup.json';

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

export function stampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}

/** @returns milliseconds since the epoch. */
export function timeOf(stamp: string): number {
  return Date.parse(stamp.replace(/T(\d\d)-(\d\d)-(\d\d)Z/, 'T$1:$2:$3Z'));
}

/** Whole back-ups, the oldest first; one that was not finished has another name. */
export async function listBackups(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => STAMP.test(name)).sort();
}

/** @throws LakeError BACKUP_FAILED when it is none. */
export async function readManifest(backup: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(join(backup, MANIFEST), 'utf8')) as Manifest;
  } catch (cause) {
    throw new LakeError('BACKUP_FAILED', `\`${backup}\` is no back-up: its \`${MANIFEST}\` cannot be read`, {
      hint: 'name the folder that `backup --to` wrote',
      cause,
    });
  }
}
