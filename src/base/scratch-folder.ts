/**
 * A folder for what does not fit into memory, and for files on their way. It lies beside the lake where that can be: the
 * system's temporary folder is memory on many machines. What a killed run left in it goes with the next run.
 */
import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOutOfSpace, refusalReason } from './disk-errors.ts';
import { LakeError, systemCodeOf } from './errors.ts';

const NAME = /^\.crypto-lake-scratch-([0-9a-f]{8})-(\d+)-/;
/** Of a run on another machine, or in another container, of which nothing else is known: one that works makes files. */
const ABANDONED_MS = 86_400_000;

/**
 * @param places folders in the order of preference; one that is not there or cannot be written is passed over.
 * @returns its path; the caller removes it.
 * @throws LakeError LAKE_UNWRITABLE, DISK_FULL when not even the system's temporary folder takes it; it names TMPDIR.
 */
export async function makeScratchFolder(places: readonly string[], nowMs = Date.now()): Promise<string> {
  for (const place of places) {
    const folder = await makeIn(place, nowMs).catch(() => undefined);
    if (folder !== undefined) return folder;
  }
  const folder = tmpdir();
  return makeIn(folder, nowMs).catch((error: unknown) => {
    throw temporaryFolderError(folder, error);
  });
}

/** What a temporary folder that refuses means to a person. */
export function temporaryFolderError(folder: string, cause: unknown): LakeError {
  return new LakeError(
    isOutOfSpace(cause) ? 'DISK_FULL' : 'LAKE_UNWRITABLE',
    `the temporary folder \`${folder}\` cannot be used: ${refusalReason(cause)}`,
    { hint: 'set `TMPDIR` to a folder on a disk with room that you may write', cause },
  );
}

async function makeIn(place: string, nowMs: number): Promise<string> {
  await sweep(place, nowMs);
  return mkdtemp(join(place, `.crypto-lake-scratch-${world()}-${process.pid}-`));
}

async function sweep(place: string, nowMs: number): Promise<void> {
  for (const name of await readdir(place)) {
    const [, origin, pid] = NAME.exec(name) ?? [];
    if (origin === undefined) continue;
    const path = join(place, name);
    const isAbandoned =
      origin === world() ? !isRunning(Number(pid)) : await isOlder(path, nowMs - ABANDONED_MS);
    // Another run may be removing it, or another user own it: what cannot be removed keeps nobody from work.
    if (isAbandoned) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Where a process id means the same as here. */
function world(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // There are none on this system.
  }
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 8);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
}

function isOlder(path: string, thanMs: number): Promise<boolean> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs < thanMs,
    () => false,
  );
}
