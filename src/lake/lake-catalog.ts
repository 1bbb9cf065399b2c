/** The tables of a lake: every folder in it with a `_delta_log`, and what is in the place of its own ones. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError, systemCodeOf } from '../base/errors.ts';
import { isObjectStore } from '../base/location.ts';
import { isPermissionError, permissionDenied } from '../base/permission-denied.ts';
import { shellQuote } from '../base/shell-quote.ts';

/**
 * Links are followed. An expected table is also listed when it is a file, has lost its log, or is a link that leads
 * nowhere, and any folder that may not be looked into: opening it says what is wrong.
 *
 * @returns names of the tables in the lake, sorted; none when there is no folder.
 */
export async function listTables(lake: string, expected: readonly string[]): Promise<string[]> {
  if (isObjectStore(lake)) return (await import('./list-s3-tables.ts')).listS3Tables(lake, expected);
  const entries = await readFolder(lake);
  const isListed = await Promise.all(
    entries.map(({ name }) => !isHidden(name) && isTable(join(lake, name), expected.includes(name))),
  );
  return entries
    .filter((_, index) => isListed[index])
    .map(({ name }) => name)
    .sort();
}

/**
 * A lake is a folder with tables or a spool in it, or an empty one, which nobody has filled yet.
 *
 * @throws LakeError LAKE_NOT_FOUND: no answer about what is not there is 0.
 */
export async function requireLake(lake: string): Promise<void> {
  if (isObjectStore(lake)) {
    if (!(await (await import('./list-s3-tables.ts')).hasObjects(lake))) throw noLake(lake, 'is not there');
    return;
  }
  const entries = await readFolder(lake, () => {
    throw noLake(lake, 'is not there');
  });
  const visible = entries.filter(({ name }) => !name.startsWith('.'));
  if (visible.length === 0 || visible.some(({ name }) => name === '_spool')) return;
  const isThere = await Promise.all(
    visible.map(({ name }) => (isHidden(name) ? false : isTable(join(lake, name), false))),
  );
  if (!isThere.includes(true)) throw noLake(lake, 'holds no tables');
}

function noLake(lake: string, why: string): LakeError {
  return new LakeError('LAKE_NOT_FOUND', `there is no lake: \`${lake}\` ${why}`, {
    hint: `name its folder with \`--lake\` or \`CRYPTO_LAKE_DIR\`; \`crypto-lake both --lake ${shellQuote(lake)}\` begins one`,
  });
}

/** The spool, and what the system keeps in the root of a disk. */
function isHidden(name: string): boolean {
  return /^[_.]|^lost\+found$/.test(name);
}

async function isTable(path: string, isExpected: boolean): Promise<boolean> {
  try {
    const info = await statOf(path);
    if (info === undefined || !info.isDirectory()) return isExpected;
    if ((await statOf(join(path, '_delta_log')))?.isDirectory()) return true;
    return isExpected && (await holdsData(path));
  } catch (error) {
    if (isPermissionError(error)) return true;
    throw error;
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isPermissionError(error)) throw error;
    return undefined;
  }
}

async function readFolder(path: string, onMissing: () => Dirent[] = () => []): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return onMissing();
    if (isPermissionError(error)) throw permissionDenied(path, error);
    if (code !== 'ENOTDIR') throw error;
    throw new LakeError('LAKE_NOT_FOUND', `the lake \`${path}\` is not a folder`, {
      hint: 'choose a folder with `--lake` or `CRYPTO_LAKE_DIR`',
    });
  }
}

/** To call a folder that does an empty table would hide its rows. */
export async function holdsData(path: string): Promise<boolean> {
  if (isObjectStore(path)) return (await import('./list-s3-tables.ts')).holdsS3Data(path);
  return (await readdir(path, { recursive: true })).some((name) => name.endsWith('.parquet'));
}
