/** `crypto-lake backup --to FOLDER --keep 7d`: a whole, verified copy of the lake, beside those of before. */
import { resolve } from 'node:path';
import { backUpLake } from '../../backup/backup-lake.ts';
import { parseDuration } from '../../base/duration.ts';
import { LakeError } from '../../base/errors.ts';
import { isObjectStore } from '../../base/location.ts';
import { sizeText } from '../../base/size.ts';
import { expandHome } from '../../config/expand-home.ts';
import type { Command, Flags } from '../context.ts';
import { asksForFormat, printRows } from '../print-rows.ts';

const COLUMNS = { table: 'name', version: 'integer', files: 'integer', bytes: 'integer' } as const;

export const backup: Command = async ({ config, io, signal }, flags) => {
  const to = folderFlag(flags, 'to');
  const result = await backUpLake({
    lake: config.lake,
    to,
    keepMs: keepMs(flags),
    nowMs: Date.now(),
    signal,
    onTable: ({ name, version, files, bytes }) =>
      io.say(`${name}: version ${version}, ${files} files, ${sizeText(bytes)}`),
  });
  if (asksForFormat(flags))
    await printRows(
      io,
      flags,
      COLUMNS,
      result.tables.map(({ name, version, files, bytes }) => ({ table: name, version, files, bytes })),
    );
  for (const folder of result.removed) io.say(`removed ${folder}`);
  io.say(`backed up and verified: ${result.folder}`);
};

/** @throws LakeError USAGE. */
export function folderFlag(flags: Flags, name: 'to' | 'from'): string {
  const text = flags[name];
  if (typeof text === 'string' && text !== '' && !isObjectStore(text)) return resolve(expandHome(text));
  const isStore = typeof text === 'string' && isObjectStore(text);
  throw new LakeError(
    'USAGE',
    isStore ? `\`--${name}\` must be a folder of this machine` : `\`--${name}\` is missing`,
    {
      hint: isStore
        ? 'back up into a folder, and copy that: a back-up does not change'
        : `name the folder of the back-ups: \`--${name} /mnt/backup\``,
    },
  );
}

function keepMs({ keep }: Flags): number | undefined {
  if (keep === undefined) return undefined;
  const ms = parseDuration(String(keep));
  if (ms !== undefined && ms > 0) return ms;
  throw new LakeError('USAGE', '`--keep` must be a time such as `7d`', { hint: 'leave it out to keep all' });
}
