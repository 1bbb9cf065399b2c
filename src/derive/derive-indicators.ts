/** `indicators` of all timeframes, from `bars_1m` and `bars_rollup`. */
import type { DeltaTable } from '../delta/delta-table.ts';
import { TableBatch } from '../ingest/rows/table-batch.ts';
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import type { Timeframe } from '../lake/timeframe.ts';
import { DeriveBeside } from './derive-beside.ts';
import { DeriveByPeriod } from './derive-by-period.ts';
import { type DerivedTable, type DeriveRun, nothingDue } from './derive-run.ts';
import { INDICATOR_INPUTS } from './indicators/indicator-set.ts';
import { type BarInputs, BarSource } from './input/bar-source.ts';
import { chosenNews } from './input/chosen-news.ts';
import type { DayTurn } from './input/day-turns.ts';
import type { News } from './input/news.ts';
import { IndicatorRows } from './output/indicator-rows.ts';
import type { WrittenPartition } from './output/partition-writer.ts';
import type { PeriodThread } from './parallel/period-thread.ts';
import { startPeriodThread } from './parallel/start-period-thread.ts';

export class DeriveIndicators {
  readonly #run: DeriveRun;
  #delta: DeltaTable | undefined;
  readonly #batch = new TableBatch(INDICATORS_TABLE);
  /** Those of one minute do not wait for longer bars; where they are many, a second thread makes them. */
  #minutes: DeriveByPeriod<typeof INDICATORS_TABLE> | DeriveBeside<typeof INDICATORS_TABLE> | undefined;
  #thread: PeriodThread | undefined;

  static async begin(run: DeriveRun, inputs: BarInputs): Promise<DeriveIndicators> {
    const indicators = new DeriveIndicators(run);
    const { bars1m, corrections } = inputs;
    const isUpToDate = run.isUpToDate(INDICATORS_TABLE, [bars1m, corrections, run.watched.table]);
    if (run.timeframes.includes('1m') && !isUpToDate) await indicators.#beginMinutes(inputs);
    return indicators;
  }

  private constructor(run: DeriveRun) {
    this.#run = run;
  }

  get isShared(): boolean {
    return this.#thread !== undefined;
  }

  /** Begins with those of one minute, together with others that look at the same days, where they are shared. */
  async beside(source: BarSource, turn: DayTurn): Promise<void> {
    if (this.#minutes instanceof DeriveBeside) await this.#minutes.begin(source, turn);
    else turn.end();
  }

  /** @param kept where runs follow each other: what is kept of a series is compared with whole bars. */
  async finish(inputs: BarInputs, kept: BarSource): Promise<DerivedTable> {
    const { bars1m, corrections, rollup } = inputs;
    const all = [bars1m, corrections, rollup, this.#run.watched.table];
    if (this.#run.isUpToDate(INDICATORS_TABLE, all)) return nothingDue(INDICATORS_TABLE);
    const { session, symbols, state, options } = this.#run;
    const source =
      state.kept === undefined
        ? new BarSource(session, inputs, symbols, options.knownUntilUs, INDICATOR_INPUTS)
        : kept;
    const delta = await this.#open();
    const written: WrittenPartition[] = [];
    for (const timeframe of this.#run.timeframes.filter((length) => length !== '1m')) {
      const job = this.#job(delta, inputs, timeframe, await this.#news(delta, inputs, timeframe));
      written.push(...(await new DeriveByPeriod(job).finish(source)));
    }
    written.push(...((await this.#minutes?.finish(source)) ?? []));
    return this.#run.commit(delta, INDICATORS_TABLE, written, all);
  }

  /** Also after an error. */
  async close(): Promise<void> {
    await this.#thread?.close();
  }

  async #beginMinutes(inputs: BarInputs): Promise<void> {
    const delta = await this.#open();
    const news = await this.#news(delta, inputs, '1m');
    const job = this.#job(delta, inputs, '1m', news);
    const { inputsVersion } = job;
    const bars = [inputs.bars1m, inputs.corrections];
    this.#thread = startPeriodThread(this.#run, {
      table: 'indicators',
      timeframe: '1m',
      output: delta,
      inputs: bars,
      inputsVersion,
      news,
    });
    this.#minutes =
      this.#thread === undefined
        ? new DeriveByPeriod(job)
        : new DeriveBeside(job, this.#thread, INDICATOR_INPUTS);
  }

  async #open(): Promise<DeltaTable> {
    this.#delta ??= await this.#run.open(INDICATORS_TABLE);
    return this.#delta;
  }

  #news(
    { snapshot }: DeltaTable,
    { bars1m, corrections, rollup }: BarInputs,
    timeframe: Timeframe,
  ): Promise<News> {
    const inputs = timeframe === '1m' ? [bars1m, corrections] : [rollup];
    return chosenNews(this.#run, INDICATORS_TABLE, snapshot, inputs, timeframe, 'watched');
  }

  #job(output: DeltaTable, { bars1m }: BarInputs, timeframe: Timeframe, news: News) {
    const { symbols, state, options } = this.#run;
    return {
      batch: this.#batch,
      output,
      timeframe,
      symbols,
      news,
      inputsVersion: bars1m?.snapshot.version ?? 0,
      nowMs: options.nowMs,
      signal: options.signal,
      kept: state.kept?.indicators.of(timeframe),
      begin: (id: number, anchorUs: number) => new IndicatorRows(symbols.keyOf(id), timeframe, anchorUs),
    };
  }
}
