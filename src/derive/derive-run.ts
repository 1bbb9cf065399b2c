/** What all parts of one run of `derive` share. */
import type { DeltaTable } from '../delta/delta-table.ts';
import type { Snapshot } from '../delta/log/snapshot.ts';
import type { StepHook } from '../delta/store/table-store.ts';
import { openLakeTable } from '../lake/open-lake-table.ts';
import type { LakeTable } from '../lake/table.ts';
import { TIMEFRAMES, type Timeframe } from '../lake/timeframe.ts';
import { ChangedTimes, changedTimes } from './input/changed-times.ts';
import type { DeriveSession } from './input/derive-session.ts';
import type { InputTable } from './input/input-table.ts';
import { commitDerived } from './output/commit-derived.ts';
import type { WrittenPartition } from './output/partition-writer.ts';
import type { Thresholds } from './quality/quality-check.ts';
import { SymbolIndex, type SymbolKey } from './symbol-index.ts';

export interface DeriveOptions {
  readonly lake: string;
  readonly memoryBytes: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Those of the indicators; all when not given. */
  readonly timeframes?: readonly Timeframe[] | undefined;
  /** All symbols when not given. */
  readonly isWanted?: ((key: SymbolKey) => boolean) | undefined;
  /** Looks at all bars from this time on, also at those that are in. */
  readonly sinceUs?: number | undefined;
  /** Only bars, corrections and liquidations that were received until then, microseconds since the epoch. */
  readonly knownUntilUs?: number | undefined;
  /** Where the tables are made, when not in the lake. */
  readonly outputLake?: string;
  readonly scratchPlaces?: readonly string[];
  /** Of the checks of quality, which are left out without them. */
  readonly thresholds?: Thresholds;
  readonly signal?: AbortSignal;
  readonly step?: StepHook;
}

/** What a run did, or would do, to one table. */
export interface DerivedTable {
  readonly table: string;
  readonly rows: number;
  readonly partitions: number;
  /** Null when nothing changed. */
  readonly version: number | null;
}

/** In a table's `txn`: up to which version of an input it is made, plus one, since a table may have rows at version 0. */
export function appIdOf(input: string): string {
  return `crypto-lake:derive:${input}`;
}

export class DeriveRun {
  readonly options: DeriveOptions;
  readonly session: DeriveSession;
  readonly symbols = new SymbolIndex();

  constructor(options: DeriveOptions, session: DeriveSession) {
    this.options = options;
    this.session = session;
  }

  get nowUs(): number {
    return this.options.nowMs * 1000;
  }

  get timeframes(): readonly Timeframe[] {
    return this.options.timeframes ?? TIMEFRAMES;
  }

  /** Only a run that looks at everything may say that everything up to a version is in. */
  get isWhole(): boolean {
    const { timeframes, isWanted, sinceUs } = this.options;
    return timeframes === undefined && isWanted === undefined && sinceUs === undefined;
  }

  isWanted(id: number): boolean {
    return this.options.isWanted?.(this.symbols.keyOf(id)) ?? true;
  }

  open(table: LakeTable): Promise<DeltaTable> {
    const { lake, outputLake = lake } = this.options;
    return openLakeTable(outputLake, table);
  }

  /** Bars of wanted symbols that a table has not taken in yet. */
  async changed(
    output: Snapshot | undefined,
    inputs: readonly (InputTable | undefined)[],
    timeframe: Timeframe,
  ): Promise<ChangedTimes> {
    const { sinceUs } = this.options;
    const { connection } = this.session;
    const changed = new ChangedTimes();
    for (const input of inputs) {
      if (input === undefined) continue;
      const done = output?.txns.get(appIdOf(input.name))?.version;
      const sinceVersion = sinceUs !== undefined || done === undefined ? undefined : Number(done) - 1;
      const found = await changedTimes({ connection, input, sinceVersion, symbols: this.symbols, timeframe });
      for (const [id, days] of found.byId) {
        if (!this.isWanted(id)) continue;
        for (const time of days.values()) if (time >= (sinceUs ?? 0)) changed.add(id, time);
      }
    }
    return changed;
  }

  /** @throws LakeError COMMIT_CONFLICT. */
  async commit(
    delta: DeltaTable,
    table: LakeTable,
    written: readonly WrittenPartition[],
    inputs: readonly (InputTable | undefined)[],
  ): Promise<DerivedTable> {
    const present = inputs.filter((input) => input !== undefined);
    const { session, symbols } = this;
    const { nowMs, step = () => undefined } = this.options;
    const advanced = present
      .map(({ name, snapshot }) => ({ appId: appIdOf(name), version: snapshot.version + 1 }))
      .filter(({ appId, version }) => delta.txnVersion(appId) < version);
    const { version, rows, partitions } = await commitDerived({
      context: { connection: session.connection, scratch: session.scratch, delta, table, symbols, nowMs },
      written,
      txns: this.isWhole ? advanced : [],
      inputs: Object.fromEntries(present.map(({ name, snapshot }) => [name, snapshot.version])),
      step,
    });
    return { table: table.name, rows, partitions, version: version ?? null };
  }
}
