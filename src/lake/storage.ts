/** What a table takes on the disk, from its log alone. */
import type { DeltaTable } from '../delta/delta-table.ts';
import { readStats, timeBoundMs, totalRows } from '../delta/format/stats.ts';
import { LAKE_TABLES } from './registry.ts';

/** Below this size a file costs more to open than to read. */
export const SMALL_FILE_BYTES = 16 * 2 ** 20;
const TIME_COLUMNS = [...new Set(LAKE_TABLES.map(({ timeColumn }) => timeColumn))];

export function storageOf(
  { snapshot, checkpointVersion }: Pick<DeltaTable, 'snapshot' | 'checkpointVersion'>,
  name: string,
) {
  const adds = [...snapshot.files.values()];
  let bytes = 0;
  let small = 0;
  let [oldestMs, newestMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const add of adds) {
    bytes += Number(add.size);
    if (Number(add.size) < SMALL_FILE_BYTES) small++;
    const { minValues, maxValues } = readStats(add);
    const column = TIME_COLUMNS.find((name) => minValues[name] !== undefined);
    if (column === undefined) continue;
    oldestMs = Math.min(oldestMs, timeBoundMs(minValues, column) ?? oldestMs);
    newestMs = Math.max(newestMs, timeBoundMs(maxValues, column) ?? newestMs);
  }
  return {
    table: name,
    version: snapshot.version,
    files: snapshot.files.size,
    small_files: small,
    // Statistics are optional: a file without them has rows, and nobody knows how many.
    rows: totalRows(adds) ?? null,
    bytes,
    oldest: isoTime(oldestMs),
    newest: isoTime(newestMs),
    checkpoint: checkpointVersion ?? null,
  };
}

function isoTime(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}
