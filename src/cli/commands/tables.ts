/** `crypto-lake tables`: storage of the lake; `NAME`, `--history`, `--verify`, `--check`, `--restore` go deeper. */

import { LakeError } from '../../base/errors.ts';
import { shellQuote } from '../../base/shell-quote.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { restoreTable } from '../../delta/maintenance/restore.ts';

import { findTable } from '../../lake/find-table.ts';
import { withHistoryHint } from '../../lake/history-hint.ts';
import { openTable } from '../../lake/open-table.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import { type VerifyProgress, verifyTable } from '../../query/verify/verify-table.ts';
import { commandFor } from '../command-for.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { asksForFormat, printRows } from '../print-rows.ts';
import { showProgress } from '../progress.ts';
import { showDescription } from '../show/show-description.ts';
import { showFreshness } from '../show/show-freshness.ts';
import { showHistory } from '../show/show-history.ts';
import { checkQuality } from '../show/show-quality.ts';
import { showStorage } from '../show/show-storage.ts';

const RESTORE_COLUMNS = {
  table: 'name',
  restored: 'integer',
  version: 'integer',
  files_added: 'integer',
  files_removed: 'integer',
} as const;
const FINDING_COLUMNS = { severity: 'name', file: 'name', message: 'prose' } as const;

export const tables: Command = async (context, flags, args) => {
  const [name] = args;
  if (flags.check === true && flags.quality === true) return checkQuality(context, flags);
  if (flags.check === true) return showFreshness(context, flags);
  if (typeof flags.history === 'string') {
    const { store } = await open(context.config.lake, flags.history);
    return showHistory(context.io, flags, store);
  }
  if (typeof flags.verify === 'string') return verify(context, flags, flags.verify);
  if (typeof flags.restore === 'string') return restore(context, flags, flags.restore);
  if (name !== undefined) {
    const { snapshot } = await open(context.config.lake, name);
    const known = LAKE_TABLES.find((table) => table.name === name);
    return showDescription(context.io, flags, snapshot, known?.clusterBy ?? []);
  }
  return showStorage(context, flags);
};

async function open(lake: string, nameOrPath: string): Promise<DeltaTable> {
  return openTable(await findTable(lake, nameOrPath));
}

async function verify(context: CommandContext, flags: Flags, name: string): Promise<void> {
  const { config, io, signal } = context;
  const table = await open(config.lake, name);
  const fileCount = table.snapshot.files.size;
  let progress: VerifyProgress = { files: 0, bytes: 0 };
  const display = showProgress(io, () => ({
    share: fileCount === 0 ? undefined : progress.files / fileCount,
    detail: `${progress.files} of ${fileCount} files`,
    bytes: progress.bytes,
  }));
  const findings = await verifyTable(table, signal, {
    onFile: (now) => {
      progress = now;
    },
  }).finally(() => display.stop());
  if (findings.length > 0 || asksForFormat(flags)) await printRows(io, flags, FINDING_COLUMNS, findings);
  const damage = findings.filter(({ severity }) => severity === 'damage');
  if (damage.length > 0) {
    throw new LakeError(
      'VERIFY_FAILED',
      `\`${name}\` is damaged: ${damage.length} ${damage.length === 1 ? 'finding' : 'findings'}`,
      {
        hint: `bring the named files back from a backup, or go back with \`${commandFor(context)(`tables --restore ${shellQuote(name)} --to VERSION`)}\``,
      },
    );
  }
  io.say(`${name} is sound: version ${table.version}, ${table.snapshot.files.size} files`);
}

async function restore(context: CommandContext, flags: Flags, name: string): Promise<void> {
  const { config, io } = context;
  if (typeof flags.to !== 'string' || !/^\d{1,15}$/.test(flags.to)) {
    throw new LakeError('USAGE', '`--restore` needs `--to` with a version number', {
      hint: `list the versions with \`${commandFor(context)(`tables --history ${shellQuote(name)}`)}\``,
    });
  }
  const table = await open(config.lake, name);
  const { version, added, removed } = await restoreTable(table, Number(flags.to)).catch((error) => {
    throw withHistoryHint(error, table.store.location);
  });
  if (asksForFormat(flags)) {
    const row = {
      table: name,
      restored: Number(flags.to),
      version,
      files_added: added,
      files_removed: removed,
    };
    await printRows(io, flags, RESTORE_COLUMNS, [row]);
  }
  io.say(
    `${name} is as it was at version ${flags.to}: ${added} files back, ${removed} files away, committed as version ${version}`,
  );
}
