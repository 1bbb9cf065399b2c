/** Looks at bars that are new, series by series, with as much before them as the checks remember. */
import { DAY_US } from '../../lake/timeframe.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import type { BarSource } from '../input/bar-source.ts';
import type { DayTurn } from '../input/day-turns.ts';
import type { News } from '../input/news.ts';
import type { SymbolIndex, SymbolKey } from '../symbol-index.ts';
import { BAR_CHECKS } from './bar-checks.ts';
import { MARKET_CHECKS } from './market-checks.ts';
import type { BarCheck, BarLook, CheckName, Found, Thresholds } from './quality-check.ts';
import { SERIES_CHECKS } from './series-checks.ts';

/** Bars with one key and other values: found where they are read. */
export const DUPLICATE_KEY: CheckName = { name: 'duplicate_key', severity: 'error' };

const CHECKS: readonly BarCheck[] = [...BAR_CHECKS, ...SERIES_CHECKS];

interface Series {
  readonly looks: readonly { readonly check: BarCheck; readonly look: BarLook }[];
  newestUs: number;
}

export interface FoundInBar extends Found {
  readonly check: CheckName;
  readonly key: SymbolKey;
  readonly openTimeUs: number;
}

export class BarQuality {
  readonly #symbols: SymbolIndex;
  readonly #thresholds: Thresholds;
  /** What the checks remember, by symbol: runs that follow each other go on with it. */
  readonly #series = new Map<number, Series>();

  constructor(symbols: SymbolIndex, thresholds: Thresholds) {
    this.#symbols = symbols;
    this.#thresholds = thresholds;
  }

  /** @param turn to look at each day together with others. */
  async find({ changed, fresh }: News, source: BarSource, turn?: DayTurn): Promise<FoundInBar[]> {
    const found: FoundInBar[] = [];
    const anew: number[] = [];
    for (const id of this.#symbols.sorted(changed.byId.keys())) {
      const series = this.#series.get(id);
      const bars = fresh.get(id);
      const isNext = series && bars && (bars.columns.open_time[0] as number) > series.newestUs;
      if (isNext) this.#lookAt(id, bars, 0, found);
      else anew.push(id);
    }
    this.#compare(fresh, found);
    const { days } = changed;
    for (const [at, dayUs] of days.entries()) {
      const ids = anew.filter((id) => changed.byId.get(id)?.has(dayUs));
      if (ids.length === 0) continue;
      await turn?.begin(dayUs);
      await this.#remember(ids, dayUs, source);
      const bars = await source.period('1m', dayUs, ids);
      const next = days[at + 1];
      if (next !== undefined) source.readAhead('1m', next, ids);
      for (const id of ids) this.#lookAt(id, bars.get(id), changed.byId.get(id)?.get(dayUs) ?? dayUs, found);
      this.#compare(bars, found);
    }
    turn?.end();
    return found;
  }

  /** Of markets whose bars are new together. */
  #compare(byId: ReadonlyMap<number, BarSeries>, found: FoundInBar[]): void {
    for (const check of MARKET_CHECKS) {
      const [looked, market] = check.markets;
      for (const [id, bars] of byId) {
        const key = this.#symbols.keyOf(id);
        const other = key.market === looked ? byId.get(this.#symbols.idOf({ ...key, market })) : undefined;
        for (let row = 0; other !== undefined && row < bars.length; row++) {
          const openTimeUs = bars.columns.open_time[row] as number;
          const at = other.firstAtOrAfter(openTimeUs);
          if (at >= other.length || other.columns.open_time[at] !== openTimeUs) continue;
          const [close, beside] = [bars.columns.close[row], other.columns.close[at]] as [number, number];
          const one = check.find(this.#thresholds, close, beside);
          if (one !== undefined) found.push({ ...one, check, key, openTimeUs });
        }
      }
    }
  }

  /** Days follow each other mostly; else the day before is looked at, whatever is found in it. */
  async #remember(ids: readonly number[], dayUs: number, source: BarSource): Promise<void> {
    const cold = ids.filter((id) => {
      const newestUs = this.#series.get(id)?.newestUs ?? Number.NEGATIVE_INFINITY;
      return newestUs >= dayUs || newestUs < dayUs - DAY_US;
    });
    for (const id of cold) this.#series.delete(id);
    if (cold.length === 0) return;
    const before = await source.period('1m', dayUs - DAY_US, cold);
    for (const id of cold) this.#lookAt(id, before.get(id), Number.POSITIVE_INFINITY, []);
  }

  #lookAt(id: number, bars: BarSeries | undefined, fromUs: number, found: FoundInBar[]): void {
    if (bars === undefined || bars.length === 0) return;
    const key = this.#symbols.keyOf(id);
    const series = this.#series.get(id) ?? this.#begin(key);
    this.#series.set(id, series);
    const times = bars.columns.open_time;
    // Check by check: each is fast while it is the only one that runs.
    for (const { check, look } of series.looks) {
      for (let row = 0; row < bars.length; row++) {
        const one = look(bars, row);
        const openTimeUs = times[row] as number;
        if (one !== undefined && openTimeUs >= fromUs) found.push({ ...one, check, key, openTimeUs });
      }
    }
    for (const openTimeUs of bars.conflicting)
      if (openTimeUs >= fromUs) found.push({ value: 2, threshold: 1, check: DUPLICATE_KEY, key, openTimeUs });
    series.newestUs = times[bars.length - 1] as number;
  }

  #begin(key: SymbolKey): Series {
    const looks = CHECKS.map((check) => ({ check, look: check.begin(this.#thresholds, key) }));
    return { looks, newestUs: Number.NEGATIVE_INFINITY };
  }
}
