/** `crypto-lake tables`: storage of the lake; `NAME`, `--history`, `--verify`, `--check`, `--restore` go deeper. */
import { DeltaTable } from '../../delta/delta-table.ts';
import { describeTable } from '../../delta/describe.ts';
import { readHistory } from '../../delta/history.ts';
import { LocalStore } from '../../delta/local-store.ts';
import { restoreTable } from '../../delta/restore.ts';
import { LakeError } from '../../errors.ts';
import { LAKE_TABLES } from '../../models/lake-tables.ts';
import { findTable } from '../../query/find-table.ts';
import { listTables } from '../../query/lake-catalog.ts';
import { storageOf } from '../../query/storage.ts';
import { verifyTable } from '../../query/verify-table.ts';
import { checkFreshness } from '../check-freshness.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { descriptionText } from '../description-text.ts';
import { printRows } from '../print-rows.ts';

const HISTORY_LIMIT = 1000;

export const tables: Command = async (context, flags, args) => {
  const [name] = args;
  if (flags.check === true) return checkFreshness(context, flags);
  if (typeof flags.history === 'string') return showHistory(context, flags, flags.history);
  if (typeof flags.verify === 'string') return verify(context, flags, flags.verify);
  if (typeof flags.restore === 'string') return restore(context, flags, flags.restore);
  if (name !== undefined) return describe(context, flags, name);
  const { config, io } = context;
  const names = await listTables(
    config.lake,
    LAKE_TABLES.map((table) => table.name),
  );
  if (names.length === 0) io.say(`the lake ${config.lake} has no tables yet`);
  const rows = await Promise.all(
    names.map(async (table) => storageOf(await open(config.lake, table), table)),
  );
  return printRows(io, flags, rows);
};

async function open(lake: string, nameOrPath: string): Promise<DeltaTable> {
  const path = await findTable(lake, nameOrPath);
  return DeltaTable.open(new LocalStore(path), { engine: 'duckdb' });
}

async function showHistory({ config, io }: CommandContext, flags: Flags, name: string): Promise<void> {
  const { store } = await open(config.lake, name);
  const entries = await readHistory(store, HISTORY_LIMIT);
  return printRows(
    io,
    flags,
    entries.map(({ version, timeMs, info, adds, removes }) => ({
      version,
      time: new Date(timeMs).toISOString(),
      operation: info.operation ?? null,
      files_added: adds,
      files_removed: removes,
      rows: Number(info.operationMetrics?.numOutputRows ?? Number.NaN) || null,
      engine: info.engineInfo ?? null,
    })),
  );
}

async function describe({ config, io }: CommandContext, flags: Flags, name: string): Promise<void> {
  const described = describeTable((await open(config.lake, name)).snapshot);
  const clusterBy = LAKE_TABLES.find((table) => table.name === name)?.clusterBy ?? [];
  for (const line of descriptionText(described)) io.say(line);
  return printRows(
    io,
    flags,
    described.columns.map((column) => ({
      column: column.name,
      type: column.type,
      nullable: column.nullable,
      partition: column.isPartition,
      clustered: column.isClustered || clusterBy.includes(column.name),
    })),
  );
}

async function verify({ config, io, signal }: CommandContext, flags: Flags, name: string): Promise<void> {
  const table = await open(config.lake, name);
  const findings = await verifyTable(table, signal);
  if (findings.length > 0)
    await printRows(
      io,
      flags,
      findings.map((finding) => ({ ...finding })),
    );
  const damage = findings.filter(({ severity }) => severity === 'damage');
  if (damage.length > 0) {
    throw new LakeError(
      'VERIFY_FAILED',
      `\`${name}\` is damaged: ${damage.length} ${damage.length === 1 ? 'finding' : 'findings'}`,
      {
        hint: 'bring the named files back from a backup, or go back with `crypto-lake tables --restore`',
      },
    );
  }
  io.say(`${name} is sound: version ${table.version}, ${table.snapshot.files.size} files`);
}

async function restore({ config, io }: CommandContext, flags: Flags, name: string): Promise<void> {
  if (typeof flags.to !== 'string' || !/^\d{1,15}$/.test(flags.to)) {
    throw new LakeError('USAGE', '`--restore` needs `--to` with a version number', {
      hint: `list the versions with \`crypto-lake tables --history ${name}\``,
    });
  }
  const { version, added, removed } = await restoreTable(await open(config.lake, name), Number(flags.to));
  io.say(
    `${name} is as it was at version ${flags.to}: ${added} files back, ${removed} files away, committed as version ${version}`,
  );
}
