/** What tests of `derive` share: its tables, a moment when all their bars are old enough, and what came of it. */
import { join } from 'node:path';
import { deriveLake } from '../../src/derive/derive-lake.ts';
import type { DerivedTable, DeriveOptions } from '../../src/derive/derive-run.ts';
import { openTable } from '../../src/lake/open-table.ts';
import { DAY_US } from '../../src/lake/timeframe.ts';
import { compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { contents, T0_US } from './bars.ts';

export const DERIVED_TABLES = ['bars_rollup', 'indicators', 'features'];

/** Days after the bars: their buckets are due, also those with holes. */
export const LATER_MS = (T0_US + 5 * DAY_US) / 1000;

export const DERIVE_OPTIONS = { memoryBytes: 256 * 2 ** 20, nowMs: LATER_MS };

export function derive(lake: string, options: Partial<DeriveOptions> = {}): Promise<DerivedTable[]> {
  return deriveLake({ lake, ...DERIVE_OPTIONS, ...options });
}

/** All rows of all its tables but findings. */
export function everything(lake: string): Promise<Record<string, unknown>[][]> {
  return Promise.all(DERIVED_TABLES.map((table) => contents(lake, table)));
}

export async function compactAll(lake: string, names: readonly string[]): Promise<void> {
  for (const name of names)
    await compactTable(await openTable(join(lake, name)), {
      clusterBy: ['symbol', 'open_time'],
      curve: 'none',
      targetBytes: 128e6,
      memoryBytes: 512 * 2 ** 20,
      nowMs: Date.now(),
      all: false,
      only: undefined,
      dryRun: false,
      signal: new AbortController().signal,
    });
}
