/** Writes a file that a person named: whole or not at all, so that a query that fails leaves what was there. */
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { LakeError, messageOf, systemCodeOf } from '../base/errors.ts';
import type { Sink } from './sink.ts';

/** @throws LakeError USAGE for a file that cannot be written, DISK_FULL. */
export async function withFile<T>(path: string, work: (sink: Sink) => Promise<T>): Promise<T> {
  const failed = cannotWrite(path);
  const { file, place, temporary } = await openBeside(path).catch(failed);
  try {
    const done = await work({ write: (bytes) => file.writeFile(bytes).catch(failed) });
    await file.close().catch(failed);
    if (temporary !== undefined) await rename(temporary, place).catch(failed);
    return done;
  } catch (error) {
    await file.close().catch(() => undefined);
    if (temporary !== undefined) await rm(temporary, { force: true });
    throw error;
  }
}

interface OpenedFile {
  readonly file: FileHandle;
  readonly place: string;
  /** What takes the place when it is whole; undefined where the place itself is written. */
  readonly temporary: string | undefined;
}

async function openBeside(path: string): Promise<OpenedFile> {
  // A link stays a link.
  const place = await realpath(path).catch(() => path);
  const there = await stat(place).catch(() => undefined);
  const direct = async () => ({ file: await open(place, 'w'), place, temporary: undefined });
  // A device, a named pipe or a descriptor of this process has no other one beside it.
  if ((there && !there.isFile()) || /^\/(dev|proc)\//.test(path)) return direct();
  // One that may not be written must not be replaced either.
  if (there) await (await open(place, 'r+')).close();
  const temporary = `${place}.${process.pid}.tmp`;
  try {
    return { file: await open(temporary, 'wx', there?.mode), place, temporary };
  } catch (error) {
    // The file may be ours in a folder that is not.
    if (there && systemCodeOf(error) !== 'ENOSPC') return direct();
    throw error;
  }
}

/** What a file that cannot be written means to the person who named it. */
function cannotWrite(path: string): (error: unknown) => never {
  return (error) => {
    const isFull = systemCodeOf(error) === 'ENOSPC' || systemCodeOf(error) === 'EDQUOT';
    throw new LakeError(
      isFull ? 'DISK_FULL' : 'USAGE',
      `\`${path}\` cannot be written: ${messageOf(error).split(', ')[0]}`,
      {
        hint: isFull ? 'free some space there' : 'name a file in a folder that you may write',
      },
    );
  };
}
