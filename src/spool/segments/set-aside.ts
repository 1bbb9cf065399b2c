/**
 * Segments that must not be stored as they come: those that the tables may have already, and those that cannot be read.
 * Their files stay beside the others under another ending, until `crypto-lake spool --take-back` stores them.
 */
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentPath } from './segment-file.ts';

/** `superseded`: the tables have later segments of the same name. `damaged`: not even its beginning can be read. */
export type AsideReason = 'superseded' | 'damaged';

/** What version 0.1 called a superseded one, too. */
const ASIDE = /^\d{10}\.segment\.(superseded|damaged|outrun)(\.\d+)?$/;

/** Never over another file: a number may come back twice. */
export async function setAside(folder: string, segment: number, reason: AsideReason): Promise<void> {
  const path = segmentPath(folder, segment);
  const there = new Set(await readdir(folder));
  let target = `${path}.${reason}`;
  for (let copy = 2; there.has(target.slice(folder.length + 1)); copy++) target = `${path}.${reason}.${copy}`;
  await rename(path, target);
}

/** Paths of the segments that were set aside in the folder of a source, in their order. */
export async function setAsideIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder))
    .filter((name) => ASIDE.test(name))
    .sort()
    .map((name) => join(folder, name));
}
