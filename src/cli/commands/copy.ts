/** `crypto-lake copy --from LAKE --to LAKE`: whole tables with their log, to and from an object store; run again to go on. */
import { LakeError } from '../../base/errors.ts';
import { joinLocation, resolveLocation } from '../../base/location.ts';
import { sizeText } from '../../base/size.ts';
import { noTable } from '../../lake/find-table.ts';
import { listTables, requireLake } from '../../lake/lake-catalog.ts';
import { openStore } from '../../lake/open-store.ts';
import { type CopyProgress, copyTable } from '../../upkeep/copy-table.ts';
import type { Command } from '../context.ts';
import { asksForFormat, printRows } from '../print-rows.ts';
import { showProgress } from '../progress.ts';

const COLUMNS = {
  table: 'name',
  version: 'integer',
  files_copied: 'integer',
  files_kept: 'integer',
  bytes_copied: 'integer',
} as const;

export const copy: Command = async ({ config, io, signal }, flags) => {
  const from = typeof flags.from === 'string' ? resolveLocation(flags.from) : config.lake;
  if (typeof flags.to !== 'string' || flags.to === '') {
    throw new LakeError('USAGE', '`copy` needs `--to` with the lake that the tables are copied to', {
      hint: 'for example `crypto-lake copy --from tables --to s3://BUCKET/PREFIX`',
    });
  }
  const to = resolveLocation(flags.to);
  if (to === from || to.startsWith(`${from}/`)) {
    throw new LakeError('USAGE', `\`${to}\` is the lake itself, or lies in it`, {
      hint: 'choose another place with `--to`',
    });
  }
  await requireLake(from);
  const names = await listTables(from, []);
  const wanted = [...new Set(flags.table === undefined ? names : (flags.table as readonly string[]))];
  for (const name of wanted) if (!names.includes(name)) throw noTable(name, names);
  if (wanted.length === 0) io.say(`the lake ${from} has no tables yet`);
  const rows = [];
  for (const table of wanted) {
    let progress: CopyProgress = { files: 0, filesPlanned: 0, bytes: 0, bytesPlanned: 0 };
    const display = showProgress(io, () => ({
      share: progress.filesPlanned === 0 ? undefined : progress.files / progress.filesPlanned,
      detail: `${table}: ${progress.files} of ${progress.filesPlanned} files`,
      bytes: progress.bytes,
    }));
    const [source, target] = [
      await openStore(joinLocation(from, table)),
      await openStore(joinLocation(to, table)),
    ];
    const { version, filesCopied, filesKept, bytesCopied } = await copyTable(source, target, {
      signal,
      onProgress: (now) => {
        progress = now;
      },
    }).finally(() => display.stop());
    rows.push({
      table,
      version,
      files_copied: filesCopied,
      files_kept: filesKept,
      bytes_copied: bytesCopied,
    });
    io.say(
      `${table}: version ${version}, ${filesCopied} files copied (${sizeText(bytesCopied)}), ${filesKept} were there; proved`,
    );
  }
  if (asksForFormat(flags)) await printRows(io, flags, COLUMNS, rows);
};
