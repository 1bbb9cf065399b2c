/** What the logs of the tables tell, without reading a row. */
import type { Clock } from '../base/clock.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { storageOf } from '../lake/storage.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import { newestTimeOf } from '../questions/table-times.ts';
import type { Registry } from './registry.ts';

export function tableMetrics(registry: Registry, reader: LakeReader, clock: Clock): void {
  const version = registry.gauge('table_version', 'Newest version of a table', false);
  const rows = registry.gauge('table_rows', 'Rows of a table', false);
  const files = registry.gauge('table_files', 'Data files of a table', false);
  const small = registry.gauge('table_small_files', 'Data files that upkeep would merge', false);
  const bytes = registry.gauge('table_bytes', 'Bytes of the data files of a table', false);
  const commit = registry.gauge('table_last_commit_age_seconds', 'Time since the newest commit', false);
  const age = registry.gauge('table_newest_row_age_seconds', 'Age of the newest row', false);
  const broken = registry.gauge('table_broken', 'Whether a table cannot be read', false);
  registry.onScrape(async () => {
    const nowMs = clock.nowUs() / 1000;
    for (const { name, timeColumn } of LAKE_TABLES) {
      const labels = { table: name };
      try {
        const pinned = await reader.tables.pin([name], { kind: 'newest' });
        const table = pinned.tables.get(name);
        if (table === undefined) continue;
        broken.set(0, labels);
        const storage = storageOf({ snapshot: table.snapshot, checkpointVersion: undefined }, name);
        version.set(storage.version, labels);
        if (storage.rows !== null) rows.set(storage.rows, labels);
        files.set(storage.files, labels);
        small.set(storage.small_files, labels);
        bytes.set(storage.bytes, labels);
        if (pinned.asOfMs) commit.set((nowMs - pinned.asOfMs) / 1000, labels);
        const newestMs = newestTimeOf(table.snapshot, timeColumn);
        if (newestMs !== undefined) age.set((nowMs - newestMs) / 1000, labels);
      } catch {
        broken.set(1, labels);
      }
    }
  });
}
