/** What all parts of one run of `derive` share. */
import { LakeError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import type { Snapshot } from '../delta/log/snapshot.ts';
import type { StepHook } from '../delta/store/table-store.ts';
import type { LakeTable } from '../lake/table.ts';
import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { TIMEFRAMES, type Timeframe } from '../lake/timeframe.ts';
import type { BarSeries } from './bars/bar-series.ts';
import type { DeriveState } from './derive-state.ts';
import { ChangedTimes } from './input/changed-times.ts';
import type { DeriveSession } from './input/derive-session.ts';
import { type InputTable, selectOf } from './input/input-table.ts';
import { newFiles } from './input/new-files.ts';
import { areFew, changedTimesIn, freshBars, News, ofLength } from './input/news.ts';
import { Watched } from './input/watched.ts';
import { commitDerived } from './output/commit-derived.ts';
import type { WrittenPartition } from './output/partition-writer.ts';
import type { Thresholds } from './quality/quality-check.ts';
import type { SymbolIndex, SymbolKey } from './symbol-index.ts';

export interface DeriveOptions {
  readonly lake: string;
  readonly memoryBytes: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Those of the indicators; all when not given. */
  readonly timeframes?: readonly Timeframe[] | undefined;
  /** Those that are watched when not given. */
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
  /** From how many bars of a table on a second thread helps; for tests. */
  readonly sharedBars?: number;
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

export function nothingDue({ name }: LakeTable): DerivedTable {
  return { table: name, rows: 0, partitions: 0, version: null };
}

/** In a table's `txn`: up to which version of an input it is made, plus one, since a table may have rows at version 0. */
export function appIdOf(input: string): string {
  return `crypto-lake:derive:${input}`;
}

interface NewBars {
  readonly found: ChangedTimes;
  readonly fresh: ReadonlyMap<number, BarSeries>;
}

export class DeriveRun {
  readonly options: DeriveOptions;
  readonly state: DeriveState;
  readonly #read = new Map<string, Promise<NewBars>>();
  /** The watch list; nobody is left out before it is known. */
  watched: Watched = Watched.everything();

  constructor(options: DeriveOptions, state: DeriveState) {
    this.options = options;
    this.state = state;
  }

  get session(): DeriveSession {
    return this.state.session;
  }

  get symbols(): SymbolIndex {
    return this.state.symbols;
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

  input(name: string): Promise<InputTable | undefined> {
    return this.state.tables.input(this.options.lake, name);
  }

  /** What was rolled up, as input. */
  rollup(): Promise<InputTable | undefined> {
    const { lake, outputLake = lake } = this.options;
    return this.state.tables.input(outputLake, BARS_ROLLUP_TABLE.name);
  }

  open(table: LakeTable): Promise<DeltaTable> {
    const { lake, outputLake = lake } = this.options;
    return this.state.tables.output(outputLake, table);
  }

  /**
   * Up to which version of an input an output is made; undefined when it has nothing of it, or all is looked at again.
   * @throws LakeError COMMIT_CONFLICT when another run has taken in more than this state has seen.
   */
  takenVersion(output: LakeTable, snapshot: Snapshot | undefined, input: string): number | undefined {
    if (this.options.sinceUs !== undefined && !this.#hasLooked(output)) return undefined;
    const committed = Number(snapshot?.txns.get(appIdOf(input))?.version ?? 0);
    const own = this.state.taken.get(`${output.name} ${input}`) ?? committed;
    if (committed > own) {
      // What is kept lacks these bars.
      throw new LakeError('COMMIT_CONFLICT', `another \`derive\` wrote \`${output.name}\` meanwhile`, {
        hint: 'nothing was written; the next run does it again',
      });
    }
    return own === 0 ? undefined : own - 1;
  }

  /**
   * Whether a table has taken in all of some inputs, so that only the clock can make something due. Known where runs follow
   * each other; there most of them begin because of a table that few others are made of.
   */
  isUpToDate(output: LakeTable, inputs: readonly (InputTable | undefined)[]): boolean {
    const { kept, taken } = this.state;
    return (
      kept !== undefined &&
      inputs.every(
        (input) =>
          input === undefined || taken.get(`${output.name} ${input.name}`) === input.snapshot.version + 1,
      )
    );
  }

  #hasLooked(output: LakeTable): boolean {
    return [...this.state.taken.keys()].some((key) => key.startsWith(`${output.name} `));
  }

  /**
   * Bars of wanted symbols that a table has not taken in yet.
   * @param inputs the bars first, then what corrects them.
   */
  async news(
    output: LakeTable,
    snapshot: Snapshot | undefined,
    [bars, corrections]: readonly (InputTable | undefined)[],
    timeframe: Timeframe,
  ): Promise<News> {
    const { sinceUs } = this.options;
    const news = new News();
    for (const input of [bars, corrections]) {
      if (input === undefined) continue;
      const since = this.takenVersion(output, snapshot, input.name);
      const { found, fresh } = await this.#newIn(input, since, timeframe, input === bars);
      for (const [id, days] of found.byId)
        for (const time of days.values()) if (time >= (sinceUs ?? 0)) news.touch(id, time);
      for (const [id, series] of fresh) news.fresh.set(id, series);
    }
    return news;
  }

  /** Several tables take in the same rows: they are read once. */
  #newIn(
    input: InputTable,
    since: number | undefined,
    timeframe: Timeframe,
    withBars: boolean,
  ): Promise<NewBars> {
    const key = `${input.name} ${input.snapshot.version} ${since} ${timeframe}`;
    let read = this.#read.get(key);
    if (read === undefined) {
      read = this.#readNew(input, since, timeframe, withBars && this.state.kept !== undefined);
      this.#read.set(key, read);
    }
    return read;
  }

  async #readNew(
    input: InputTable,
    since: number | undefined,
    timeframe: Timeframe,
    withBars: boolean,
  ): Promise<NewBars> {
    const { connection } = this.session;
    const files = ofLength(await newFiles(input, since), timeframe);
    if (files.length === 0) return { found: new ChangedTimes(), fresh: new Map() };
    const source = await selectOf(connection, input, files);
    const rows = { connection, symbols: this.symbols, source, timeframe };
    const found = await changedTimesIn(rows);
    return { found, fresh: withBars && areFew(files) ? await freshBars(rows, found) : new Map() };
  }

  /** Says that the inputs are in, also where nothing came of them. */
  took(output: LakeTable, inputs: readonly (InputTable | undefined)[]): void {
    for (const input of inputs)
      if (input !== undefined)
        this.state.taken.set(`${output.name} ${input.name}`, input.snapshot.version + 1);
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
    this.took(table, inputs);
    return { table: table.name, rows, partitions, version: version ?? null };
  }
}
