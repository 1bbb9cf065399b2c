/** Is the clock of this machine right? Taken from the newest `coverage` row that has an offset, or measured now. */
import type { DeltaTable } from '../../delta/delta-table.ts';
import { readStats } from '../../delta/format/stats.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import type { Check } from '../check.ts';
import type { OpenedTables } from './opened-tables.ts';

/** As the collectors warn. */
const MAX_OFFSET_US = 1_000_000;

export interface ClockOffsetOptions {
  readonly tables: () => Promise<OpenedTables>;
  /** Asks the exchange, in microseconds; undefined when the network is not to be used, or the exchange does not tell. */
  readonly measure: ((signal: AbortSignal) => Promise<number | undefined>) | undefined;
}

export function clockOffset({ tables, measure }: ClockOffsetOptions): Check {
  return {
    name: 'clock',
    async run(signal) {
      // Why the exchange cannot be asked is said by the check of its route.
      const measuredUs = await measure?.(signal).catch(() => undefined);
      const stored = measuredUs === undefined ? newestStored((await tables()).opened) : undefined;
      const offsetUs = measuredUs ?? stored?.offsetUs;
      if (offsetUs === undefined)
        return { status: 'skipped', text: 'no collector has compared the clock yet; `--network` does' };
      const when = measuredUs === undefined ? `, as of ${stored?.at.slice(0, 19)}Z` : '';
      const text = `${Math.abs(offsetUs / 1000).toFixed(0)} ms ${offsetUs < 0 ? 'ahead of' : 'behind'} the exchange${when}`;
      if (Math.abs(offsetUs) <= MAX_OFFSET_US) return { status: 'ok', text };
      return {
        status: 'fail',
        text,
        fix: 'let the machine keep its clock right: `sudo timedatectl set-ntp true`',
      };
    },
  };
}

interface Stored {
  readonly at: string;
  readonly offsetUs: number;
}

/** From the statistics of the files, so that none has to be read. */
function newestStored(
  opened: ReadonlyArray<{ readonly name: string; readonly table: DeltaTable }>,
): Stored | undefined {
  const coverage = opened.find(({ name }) => name === COVERAGE_TABLE.name)?.table;
  let newest: Stored | undefined;
  for (const add of coverage?.snapshot.files.values() ?? []) {
    const { minValues, maxValues } = readStats(add);
    const [least, most, at] = [minValues.clock_offset_us, maxValues.clock_offset_us, maxValues.ended_at];
    if (typeof least !== 'number' || typeof most !== 'number' || typeof at !== 'string') continue;
    if (newest === undefined || at > newest.at)
      newest = { at, offsetUs: Math.abs(least) > Math.abs(most) ? least : most };
  }
  return newest;
}
