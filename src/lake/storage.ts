/** What a table takes on the disk, from its log alone. */
import type { DeltaTable } from '../delta/delta-table.ts';
import { LAKE_TABLES } from './registry.ts';

/** Below this size a file costs more to open than to read. */
const SMALL_FILE_BYTES = 16 * 2 ** 20;
const TIME_COLUMNS = [...new Set(LAKE_TABLES.map(({ timeColumn }) => timeColumn))];

export function storageOf(
  { snapshot, checkpointVersion }: Pick<DeltaTable, 'snapshot' | 'checkpointVersion'>,
  name: string,
) {
  let rows: number | null = 0;
  let bytes = 0;
  let small = 0;
  let oldest: string | null = null;
  let newest: string | null = null;
  for (const { size, stats } of snapshot.files.values()) {
    bytes += Number(size);
    if (Number(size) < SMALL_FILE_BYTES) small++;
    const parsed = parse(stats);
    // Statistics are optional: a file without them has rows, and nobody knows how many.
    rows = rows === null || parsed.numRecords === undefined ? null : rows + parsed.numRecords;
    for (const column of TIME_COLUMNS) {
      const [min, max] = [parsed.minValues?.[column], parsed.maxValues?.[column]];
      if (typeof min === 'string' && (oldest === null || min < oldest)) oldest = min;
      if (typeof max === 'string' && (newest === null || max > newest)) newest = max;
      if (min !== undefined) break;
    }
  }
  return {
    table: name,
    version: snapshot.version,
    files: snapshot.files.size,
    small_files: small,
    rows,
    bytes,
    oldest,
    newest,
    checkpoint: checkpointVersion ?? null,
  };
}

interface Stats {
  readonly numRecords?: number;
  readonly minValues?: Readonly<Record<string, unknown>>;
  readonly maxValues?: Readonly<Record<string, unknown>>;
}

function parse(stats: string | undefined): Stats {
  if (stats === undefined) return {};
  try {
    return JSON.parse(stats) as Stats;
  } catch {
    return {};
  }
}
