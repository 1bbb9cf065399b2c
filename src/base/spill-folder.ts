/** Where a sort puts what does not fit into memory: a folder of its own, beside which those of killed runs go. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'crypto-lake-spill-';
/** A sort that is alive makes files more often. */
const ABANDONED_MS = 86_400_000;

/** @returns its path; the caller removes it. */
export async function makeSpillFolder(nowMs = Date.now()): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(tmpdir(), name);
    // Another run may be removing it, or another user own it: what cannot be removed is no reason not to compact.
    const isAbandoned = await stat(path).then(
      ({ mtimeMs }) => mtimeMs < nowMs - ABANDONED_MS,
      () => false,
    );
    if (isAbandoned) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
  return mkdtemp(join(tmpdir(), PREFIX));
}
