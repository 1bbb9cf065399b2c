/** `crypto-lake spool`: what waits in the spool of each source, and the way back for segments that were set aside. */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { LakeError, systemCodeOf } from '../../base/errors.ts';
import { requireLake } from '../../lake/lake-catalog.ts';
import { sourceOf } from '../../sources/registry.ts';
import { segmentNumber } from '../../spool/segments/segment-file.ts';
import { setAsideIn } from '../../spool/segments/set-aside.ts';
import { acquireLock } from '../../spool/state/lock.ts';
import { spoolFolder, spoolRoot } from '../../spool/state/spool-folder.ts';
import type { Command, CommandContext } from '../context.ts';
import { printRows } from '../print-rows.ts';

const WAITING = { source: 'name', segments: 'integer', set_aside: 'integer' } as const;
const TAKEN_BACK = {
  source: 'name',
  segment: 'name',
  rows_added: 'integer',
  rows_known: 'integer',
} as const;
const LOCK_WAIT_MS = 5000;

export const spool: Command = async (context, flags) => {
  const { io, config } = context;
  const root = spoolRoot(config);
  const sources = await sourcesIn(root, config.lake);
  if (flags.takeBack === true) {
    await printRows(io, flags, TAKEN_BACK, await takeAllBack(context, root, sources));
    return;
  }
  const rows = await Promise.all(
    sources.map(async (source) => {
      const folder = spoolFolder(root, source);
      const names = await readdir(folder);
      const segments = names.filter((name) => segmentNumber(name) !== undefined).length;
      return { source, segments, set_aside: (await setAsideIn(folder)).length };
    }),
  );
  await printRows(io, flags, WAITING, rows);
};

async function takeAllBack({ io, config, signal }: CommandContext, root: string, sources: readonly string[]) {
  if ((await asideOf(root, sources)).length === 0) {
    io.say('no segment is set aside');
    return [];
  }
  // Polars is loaded for nothing less.
  const { takeBack } = await import('../../ingest/commit/take-back.ts');
  const lock = await acquireLock(root, { purpose: 'spool --take-back', waitMs: LOCK_WAIT_MS });
  const rows = [];
  try {
    // Anew: another one may have taken some back until now.
    for (const { source, path } of await asideOf(root, sources)) {
      signal.throwIfAborted();
      const { lake, duplicateWindow } = config;
      const { added, known } = await takeBack({
        lake,
        source: sourceNamed(source),
        path,
        duplicateWindowMs: duplicateWindow,
      });
      const rowsAdded = Object.values(added).reduce((sum, count) => sum + count, 0);
      rows.push({ source, segment: basename(path), rows_added: rowsAdded, rows_known: known });
    }
  } finally {
    await lock.release();
  }
  return rows;
}

async function asideOf(root: string, sources: readonly string[]) {
  const aside = await Promise.all(
    sources.map(async (source) =>
      (await setAsideIn(spoolFolder(root, source))).map((path) => ({ source, path })),
    ),
  );
  return aside.flat();
}

function sourceNamed(id: string) {
  try {
    return sourceOf(id);
  } catch {
    throw new LakeError('USAGE', `this version knows no source \`${id}\``, {
      hint: 'take its segments back with the version that collected them',
    });
  }
}

/** None where nothing was ever collected, though only in a lake. */
async function sourcesIn(root: string, lake: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(async (error: unknown) => {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) throw error;
    await requireLake(lake);
    return [];
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
