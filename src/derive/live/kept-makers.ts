/**
 * What the newest periods were made with, so that a bar that follows costs one bar and not two periods. What was kept is
 * gone on with only when nothing before it changed: otherwise all is computed anew, as a first run would.
 */
import type { LakeTable } from '../../lake/table.ts';
import { BarSeries, SERIES_COLUMNS } from '../bars/bar-series.ts';
import type { RowMaker } from '../row-maker.ts';

export interface KeptMaker<T extends LakeTable> {
  readonly periodUs: number;
  readonly maker: RowMaker<T>;
  /** The newest bar that it has taken; none when the period has just begun and nothing was before it. */
  readonly last: BarSeries;
}

export class KeptMakers<T extends LakeTable> {
  readonly #byId = new Map<number, KeptMaker<T>>();

  keep(id: number, periodUs: number, maker: RowMaker<T>, newest: readonly (BarSeries | undefined)[]): void {
    const series = newest.find((bars) => bars !== undefined && bars.length > 0);
    const isOlder = (this.#byId.get(id)?.periodUs ?? periodUs) > periodUs;
    if (series === undefined || isOlder) return;
    const last = new BarSeries(series.timeframe, 1);
    last.push(series, series.length - 1);
    this.#byId.set(id, { periodUs, maker, last });
  }

  /** @returns what can take the bars that are new, from which row on. */
  goOn(
    id: number,
    periodUs: number,
    fresh: BarSeries | undefined,
  ): { readonly kept: KeptMaker<T>; readonly fromRow: number } | undefined {
    const kept = this.#byId.get(id);
    if (kept === undefined || fresh === undefined || kept.periodUs !== periodUs) return undefined;
    const fromRow = fresh.firstAtOrAfter((kept.last.columns.open_time[0] as number) + 1);
    // Of the period before, which a late run had already taken to be over: they are none of this one's rows.
    if ((fresh.columns.open_time[fromRow] ?? periodUs) < periodUs) return undefined;
    // The newest bar is written again when it is known later who listened: it is the same bar.
    const isRepeated = fromRow === 1 && isSame(fresh, kept.last);
    return fromRow === 0 || isRepeated ? { kept, fromRow } : undefined;
  }
}

function isSame(a: BarSeries, b: BarSeries): boolean {
  return (
    SERIES_COLUMNS.every((name) => Object.is(a.columns[name][0], b.columns[name][0])) &&
    a.completeness[0] === b.completeness[0] &&
    a.origin[0] === b.origin[0]
  );
}
