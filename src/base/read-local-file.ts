/** A file that need not be there. */
import { readFile } from 'node:fs/promises';
import { systemCodeOf } from './errors.ts';

/** @returns undefined when there is none. */
export async function readLocalFile(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
