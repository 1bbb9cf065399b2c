/** One-minute bars with their corrections, a day at a time; and longer ones as they are stored. */
import { DAY_US, dayText, periodStartUs, type Timeframe } from '../../lake/timeframe.ts';
import { type BarColumn, BarSeries } from '../bars/bar-series.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import type { DeriveSession } from './derive-session.ts';
import { filesIn, type InputTable, newestUsIn, selectOf } from './input-table.ts';
import { readSeries, type SeriesById } from './read-series.ts';

export interface BarInputs {
  readonly bars1m: InputTable | undefined;
  readonly corrections: InputTable | undefined;
  readonly rollup: InputTable | undefined;
}

/** A period and the one before it are looked at together, while another is read. */
const MOST_CACHED = 3;

interface ReadPeriod {
  /** The symbols that it was read for. */
  readonly ids: ReadonlySet<number>;
  readonly series: Promise<SeriesById>;
}

export class BarSource {
  readonly #session: DeriveSession;
  readonly #inputs: BarInputs;
  readonly #symbols: SymbolIndex;
  readonly #knownUntilUs: number;
  readonly #columns: readonly BarColumn[] | undefined;
  /** The newest periods that were read. */
  readonly #cache = new Map<string, ReadPeriod>();

  /** @param columns all when not given. */
  constructor(
    session: DeriveSession,
    inputs: BarInputs,
    symbols: SymbolIndex,
    knownUntilUs = Number.POSITIVE_INFINITY,
    columns?: readonly BarColumn[],
  ) {
    this.#knownUntilUs = knownUntilUs;
    this.#columns = columns;
    this.#session = session;
    this.#inputs = inputs;
    this.#symbols = symbols;
  }

  /** The bars of some symbols in a period: a day of one-minute bars, a month or a year of longer ones. */
  async period(timeframe: Timeframe, startUs: number, ids: readonly number[]): Promise<SeriesById> {
    const key = `${timeframe} ${startUs}`;
    const cached = this.#cache.get(key);
    const isCached = cached !== undefined && ids.every((id) => cached.ids.has(id));
    const read = isCached ? cached : { ids: new Set(ids), series: this.#read(timeframe, startUs, ids) };
    this.#keep(key, read);
    return read.series;
  }

  /** Has what somebody else read of a period. */
  put(timeframe: Timeframe, startUs: number, ids: readonly number[], series: SeriesById): void {
    this.#keep(`${timeframe} ${startUs}`, { ids: new Set(ids), series: Promise.resolve(series) });
  }

  /** Begins to read a period that is going to be asked for. */
  readAhead(timeframe: Timeframe, startUs: number, ids: readonly number[]): void {
    // Whoever asks for it gets the error.
    this.period(timeframe, startUs, ids).catch(() => undefined);
  }

  #keep(key: string, read: ReadPeriod): void {
    this.#cache.delete(key);
    this.#cache.set(key, read);
    for (const old of this.#cache.keys()) if (this.#cache.size > MOST_CACHED) this.#cache.delete(old);
  }

  #read(timeframe: Timeframe, startUs: number, ids: readonly number[]): Promise<SeriesById> {
    return timeframe === '1m' ? this.#day(startUs, ids) : this.#stored(timeframe, startUs, ids);
  }

  async #day(dayUs: number, ids: readonly number[]): Promise<SeriesById> {
    const range = { fromUs: dayUs, untilUs: dayUs + DAY_US, ids, timeframe: '1m' as const };
    const bars = await this.#select(this.#inputs.bars1m, ({ date }) => date === dayText(dayUs), range, '');
    const later = await this.#select(
      this.#inputs.corrections,
      ({ date }) => date === dayText(dayUs),
      range,
      'ORDER BY b.revision',
      false,
    );
    for (const [id, corrections] of later) correct(bars, id, corrections);
    return bars;
  }

  #stored(timeframe: Timeframe, startUs: number, ids: readonly number[]): Promise<SeriesById> {
    const range = { fromUs: startUs, untilUs: periodStartUs(timeframe, startUs, 1), ids, timeframe };
    const period = dayText(startUs);
    return this.#select(
      this.#inputs.rollup,
      (values) => values.timeframe === timeframe && values.period === period,
      range,
      '',
    );
  }

  async #select(
    input: InputTable | undefined,
    isWanted: (values: Readonly<Record<string, string | null>>) => boolean,
    range: { fromUs: number; untilUs: number; ids: readonly number[]; timeframe: Timeframe },
    orderBy: string,
    isSorted = true,
  ): Promise<SeriesById> {
    // Rows come as files do: in order of time they need not be sorted.
    const files = (input === undefined ? [] : filesIn(input, isWanted)).sort(
      (a, b) => (newestUsIn(a, 'open_time') ?? 0) - (newestUsIn(b, 'open_time') ?? 0),
    );
    if (input === undefined || files.length === 0) return new Map();
    const known = this.#knownUntilUs;
    return this.#session.aside(async (connection) => {
      const all = await selectOf(connection, input, files);
      const source = Number.isFinite(known)
        ? `SELECT * FROM (${all}) WHERE known_at <= make_timestamptz(${known})`
        : all;
      const rows = { source, symbols: this.#symbols, columns: this.#columns, orderBy, isSorted };
      return readSeries({ connection, ...rows, ...range });
    });
  }
}

/** Puts later versions, the latest last, over what was first known. */
function correct(bars: SeriesById, id: number, corrections: BarSeries): void {
  const series = bars.get(id);
  if (series === undefined) {
    bars.set(id, new BarSeries(corrections.timeframe));
    correct(bars, id, corrections);
    return;
  }
  const times = corrections.columns.open_time;
  for (let row = 0; row < corrections.length; row++) {
    const at = series.firstAtOrAfter(times[row] as number);
    if (at < series.length && series.columns.open_time[at] === times[row])
      series.replace(at, corrections, row);
    else {
      series.push(corrections, row);
      series.sort();
    }
  }
}
