/** Derives again whenever bars were committed, until it is asked to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError } from '../base/errors.ts';
import { deriveLake } from './derive-lake.ts';
import type { DerivedTable, DeriveOptions } from './derive-run.ts';
import { openInput } from './input/input-table.ts';

/** How often the log of the bars is looked at: one name is asked for. */
const LOOK_MS = 500;
/** Buckets with missing minutes become due by the clock alone. */
const CLOCK_MS = 5 * 60_000;

/** @param onRun gets what each run made. @throws LakeError TABLE_…, COMMIT_CONFLICT. */
export async function followBars(
  options: DeriveOptions & { readonly signal: AbortSignal },
  onRun: (tables: readonly DerivedTable[]) => void,
): Promise<void> {
  let done = '';
  let ranAtMs = 0;
  while (!options.signal.aborted) {
    const versions = await versionsOf(options.lake);
    const nowMs = Date.now();
    if (versions !== done || nowMs - ranAtMs >= CLOCK_MS) {
      try {
        onRun(await deriveLake({ ...options, nowMs }));
        done = versions;
        ranAtMs = nowMs;
      } catch (error) {
        if (options.signal.aborted) return;
        // Upkeep merged the same files meanwhile.
        if (!(error instanceof LakeError) || error.code !== 'COMMIT_CONFLICT') throw error;
      }
    }
    await sleep(LOOK_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

async function versionsOf(lake: string): Promise<string> {
  const inputs = [await openInput(lake, 'bars_1m'), await openInput(lake, 'bar_corrections')];
  return inputs.map((input) => input?.snapshot.version ?? -1).join(' ');
}
