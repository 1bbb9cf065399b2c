/** Folders whose names survive a loss of power, as those of files in them have to. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../errors.ts';
import { syncPath } from './sync-path.ts';

/**
 * Makes a folder with those above it. Each of them is durable in the one that holds it, also when it was there: who made
 * it may not have come so far.
 *
 * @param root the highest folder that is not taken to be durable already.
 * @param known paths that need no second look; grows.
 */
export function mkdirDurable(path: string, root: string, known?: Set<string>): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined && known?.has(path)) return;
  const top = Math.min(first?.length ?? root.length, root.length);
  for (let made = path; made.length >= top; made = dirname(made)) syncNames(dirname(made));
  known?.add(path);
}

/** A folder that may be passed but not read is none that we made one in. */
function syncNames(folder: string): void {
  try {
    syncPath(folder);
  } catch (error) {
    if (systemCodeOf(error) !== 'EACCES') throw error;
  }
}
