/** `crypto-lake backup --to FOLDER|s3://… --keep 7d`: a whole, verified copy of the lake, beside those of before. */
import { backUpLake } from '../../backup/backup-lake.ts';
import { parseDuration } from '../../base/duration.ts';
import { LakeError } from '../../base/errors.ts';
import { resolveLocation } from '../../base/location.ts';
import { sizeText } from '../../base/size.ts';
import { expandHome } from '../../config/expand-home.ts';
import type { Command, Flags } from '../context.ts';
import { asksForFormat, printRows } from '../print-rows.ts';

const COLUMNS = { table: 'name', version: 'integer', files: 'integer', bytes: 'integer' } as const;

export const backup: Command = async ({ config, io, signal }, flags) => {
  const to = placeFlag(flags, 'to');
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
export function placeFlag(flags: Flags, name: 'to' | 'from'): string {
  const text = flags[name];
  if (typeof text === 'string' && text !== '') return resolveLocation(expandHome(text));
  throw new LakeError('USAGE', `\`--${name}\` is missing`, {
    hint: `name the place of the back-ups: \`--${name} /mnt/backup\`, or \`--${name} s3://BUCKET/PREFIX\``,
  });
}

function keepMs({ keep }: Flags): number | undefined {
  if (keep === undefined) return undefined;
  const ms = parseDuration(String(keep));
  if (ms !== undefined && ms > 0) return ms;
  throw new LakeError('USAGE', '`--keep` must be a time such as `7d`', { hint: 'leave it out to keep all' });
}
