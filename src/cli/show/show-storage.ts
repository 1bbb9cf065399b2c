/** `crypto-lake tables`: what each table takes on the disk. One that is broken is named and leaves the others alone. */

import { LakeError } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import { sizeText } from '../../base/size.ts';
import { listTables, requireLake } from '../../lake/lake-catalog.ts';
import { openTable } from '../../lake/open-table.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import { storageOf } from '../../lake/storage.ts';
import { chooseFormat } from '../../output/choose-format.ts';
import type { CommandContext, Flags } from '../context.ts';
import { outputOptions } from '../output-flags.ts';
import { printRows } from '../print-rows.ts';

const COLUMNS = {
  table: 'name',
  version: 'integer',
  files: 'integer',
  small_files: 'integer',
  rows: 'integer',
  bytes: 'integer',
  oldest: 'time',
  newest: 'time',
  checkpoint: 'integer',
} as const;

/** For a person: what matters most first, since a narrow terminal leaves out what is last. */
const SHOWN_COLUMNS = {
  table: 'name',
  rows: 'integer',
  size: 'name',
  files: 'integer',
  small: 'integer',
  newest: 'name',
  oldest: 'name',
  version: 'integer',
  checkpoint: 'integer',
} as const;

/** @throws LakeError TABLE_… of the first table that is broken, when the others are shown. */
export async function showStorage({ config, io }: CommandContext, flags: Flags): Promise<void> {
  const names = await listTables(
    config.lake,
    LAKE_TABLES.map((table) => table.name),
  );
  if (names.length === 0) await requireLake(config.lake);
  if (names.length === 0) io.say(`the lake ${config.lake} has no tables yet`);
  const rows: ReturnType<typeof storageOf>[] = [];
  const broken: LakeError[] = [];
  for (const name of names) {
    try {
      rows.push(storageOf(await openTable(joinLocation(config.lake, name)), name));
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
      broken.push(error);
    }
  }
  if (chooseFormat(outputOptions(flags), io) === 'table') {
    await printRows(io, flags, SHOWN_COLUMNS, rows.map(shown));
  } else await printRows(io, flags, COLUMNS, rows);
  const [first, ...others] = broken;
  for (const { message } of others) io.say(message);
  if (first) throw first;
}

function shown({ bytes, small_files, newest, oldest, ...row }: ReturnType<typeof storageOf>) {
  return {
    ...row,
    size: sizeText(bytes),
    small: small_files,
    newest: toSecond(newest),
    oldest: toSecond(oldest),
  };
}

/** For a person. */
export function toSecond(time: string | null): string | null {
  return time?.replace(/\.\d+Z$/, 'Z') ?? null;
}
