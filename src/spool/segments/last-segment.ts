/**
 * The highest segment number ever given out in a folder. The tables skip a number that they know, so a number that is
 * used twice would lose rows: also when all files are stored and gone, and the tables cannot be asked.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/durable/write-file-atomic.ts';

const FILE = 'last-segment';

/** 0 when none is known. */
export async function readLastSegment(folder: string): Promise<number> {
  try {
    const segment = Number(await readFile(join(folder, FILE), 'utf8'));
    return Number.isSafeInteger(segment) && segment > 0 ? segment : 0;
  } catch {
    return 0;
  }
}

export async function saveLastSegment(folder: string, segment: number): Promise<void> {
  await writeFileAtomic(join(folder, FILE), `${segment}\n`);
}
