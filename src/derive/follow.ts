/** Derives again whenever something was committed that rows are made of, until it is asked to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BackOff } from '../base/back-off.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import { LakeError } from '../base/errors.ts';
import { isObjectStore } from '../base/location.ts';
import { deriveOnce } from './derive-lake.ts';
import { type DerivedTable, type DeriveOptions, DeriveRun } from './derive-run.ts';
import { DeriveState } from './derive-state.ts';

/** How often the log of the bars is looked at; those of the others every tenth time. */
const LOOK_MS = { local: 50, remote: 2000 } as const;
const OTHERS = 10;
/** Buckets with missing minutes become due by the clock alone. */
const CLOCK_MS = 5 * 60_000;
/** Coverage is committed right after the bars that it is about: to wait for it spares writing them twice. */
const SETTLE_MS = 250;
const SETTLE_LOOK_MS = 25;

const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** What passes by itself: an object store that is away, somebody else's run that takes long. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'COMMIT_CONFLICT',
  'LAKE_LOCKED',
  'STORE_UNREACHABLE',
  'STORE_REFUSED',
]);

const BARS = ['bars_1m'] as const;
const INPUTS = ['bars_1m', 'bar_corrections', 'coverage', 'liquidation', 'prices', 'symbols'] as const;

export interface Following {
  readonly options: Omit<DeriveOptions, 'nowMs'> & { readonly signal: AbortSignal };
  /** Gets what each run made. */
  readonly onRun: (tables: readonly DerivedTable[]) => void;
  /** Gets what holds it up, once, and undefined when that is over. */
  readonly onTrouble: (trouble: LakeError | undefined) => void;
  /** Holds other runs off while one lasts. */
  readonly hold: () => Promise<{ release(): Promise<void> } | undefined>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** @throws LakeError TABLE_… */
export async function followBars({ now = Date.now, ...following }: Following): Promise<void> {
  const { options } = following;
  const backOff = new BackOff(FIRST_RETRY_MS, MAX_RETRY_MS);
  let trouble: ErrorCode | undefined;
  const onRun = (tables: readonly DerivedTable[]) => {
    backOff.reset();
    if (trouble !== undefined) following.onTrouble(undefined);
    trouble = undefined;
    following.onRun(tables);
  };
  while (!options.signal.aborted) {
    const state = await DeriveState.open(options, true);
    try {
      await followOn(state, { ...following, onRun, now });
    } catch (error) {
      if (options.signal.aborted) return;
      if (!(error instanceof LakeError) || !PASSING.has(error.code)) throw error;
      // A conflict: another run, or upkeep, was faster. What was computed is not stored: all of it is read again.
      if (error.code !== 'COMMIT_CONFLICT' && error.code !== trouble) {
        trouble = error.code;
        following.onTrouble(error);
      }
      await sleep(backOff.nextMs(), undefined, { signal: options.signal }).catch(() => undefined);
    } finally {
      await state.close();
    }
  }
}

async function followOn(
  state: DeriveState,
  { options, onRun, hold, now }: Required<Omit<Following, 'onTrouble'>>,
): Promise<void> {
  const { signal, lake } = options;
  const lookMs = isObjectStore(lake) ? LOOK_MS.remote : LOOK_MS.local;
  const versions = new Versions(state, lake);
  let ranAtMs = Number.NEGATIVE_INFINITY;
  for (let look = 0; !signal.aborted; look++) {
    const changed = await versions.look(look % OTHERS === 0 ? INPUTS : BARS);
    if (changed.size > 0 || now() - ranAtMs >= CLOCK_MS) {
      if (changed.has('bars_1m') && !changed.has('coverage')) await settle(versions, signal);
      ranAtMs = now();
      const held = await hold();
      try {
        onRun(await deriveOnce(new DeriveRun({ ...options, nowMs: ranAtMs }, state)));
      } finally {
        await held?.release();
      }
    }
    await sleep(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

async function settle(versions: Versions, signal: AbortSignal): Promise<void> {
  if (!versions.has('coverage')) return;
  const untilMs = performance.now() + SETTLE_MS;
  while (!signal.aborted && performance.now() < untilMs) {
    if ((await versions.look(['coverage'])).size > 0) return;
    await sleep(SETTLE_LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

class Versions {
  readonly #state: DeriveState;
  readonly #lake: string;
  readonly #seen = new Map<string, number>();

  constructor(state: DeriveState, lake: string) {
    this.#state = state;
    this.#lake = lake;
  }

  has(name: string): boolean {
    return (this.#seen.get(name) ?? -1) >= 0;
  }

  /** Which of some tables have another version than the last time. */
  async look(names: readonly string[]): Promise<ReadonlySet<string>> {
    const changed = new Set<string>();
    for (const name of names) {
      const version = (await this.#state.tables.input(this.#lake, name))?.snapshot.version ?? -1;
      if (version !== (this.#seen.get(name) ?? -1)) changed.add(name);
      this.#seen.set(name, version);
    }
    return changed;
  }
}
