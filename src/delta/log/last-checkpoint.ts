/**
 * The `_last_checkpoint` hint with its checksum.
 * Source: Delta protocol, "Last Checkpoint File Schema", "JSON checksum".
 */
import { createHash } from 'node:crypto';

export interface LastCheckpoint {
  readonly version: number;
  /** Actions in the checkpoint. */
  readonly size: number;
  readonly sizeInBytes: number;
  readonly numOfAddFiles: number;
}

/** The text of the file. */
export function lastCheckpointText(hint: LastCheckpoint): string {
  return JSON.stringify({ ...hint, checksum: jsonChecksum(hint) });
}

/** MD5 over the sorted leaves of a JSON value, without a `checksum` at its top. */
export function jsonChecksum(value: unknown): string {
  const leaves: string[] = [];
  collectLeaves(value, '', leaves, true);
  const text = leaves.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join(',');
  return createHash('md5').update(text).digest('hex');
}

function collectLeaves(value: unknown, path: string, leaves: string[], isTop: boolean): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      collectLeaves(item, join(path, String(index)), leaves, false);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (isTop && key === 'checksum') continue;
      collectLeaves(item, join(path, quoted(key)), leaves, false);
    }
  } else leaves.push(`${path}=${typeof value === 'string' ? quoted(value) : String(value)}`);
}

function join(path: string, part: string): string {
  return path === '' ? part : `${path}+${part}`;
}

function quoted(text: string): string {
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `"${encoded}"`;
}
