/**
 * What runs of `derive` that follow each other have in common: tables that are open, and what was computed so far of the
 * newest periods. Nothing in it is true by itself: after an error it is thrown away, and all is read again.
 */
import type { LakeTable } from '../lake/table.ts';
import type { FEATURES_TABLE } from '../lake/tables/features.ts';
import type { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import type { Timeframe } from '../lake/timeframe.ts';
import { DeriveSession } from './input/derive-session.ts';
import { LakeTables } from './input/lake-tables.ts';
import type { Liquidations } from './input/liquidations.ts';
import type { Watched } from './input/watched.ts';
import { KeptMakers } from './live/kept-makers.ts';
import { KeptRollUps } from './live/kept-roll-ups.ts';
import type { BarQuality } from './quality/bar-quality.ts';
import { SymbolIndex } from './symbol-index.ts';

export interface KeptState {
  readonly rollUps: KeptRollUps;
  readonly indicators: ByTimeframe<typeof INDICATORS_TABLE>;
  readonly features: ByTimeframe<typeof FEATURES_TABLE>;
}

interface StateOptions {
  readonly memoryBytes: number;
  readonly scratchPlaces?: readonly string[];
}

export class DeriveState {
  readonly session: DeriveSession;
  readonly tables = new LakeTables();
  readonly symbols = new SymbolIndex();
  /** Undefined for a run that nothing follows. */
  readonly kept: KeptState | undefined;
  /** Up to which version an output has taken in an input, plus one, whether or not there was anything to commit. */
  readonly taken = new Map<string, number>();
  /** Those that the features being made look at. */
  liquidations: Liquidations | undefined;
  /** The watch list as it was read last. */
  watched: Watched | undefined;
  /** What the checks of bars remember. */
  barQuality: BarQuality | undefined;
  /** When buckets that become due by the clock were looked for, microseconds since the epoch. */
  clockUs: number | undefined;
  /** When symbols that fell silent were looked for, microseconds since the epoch. */
  silentUs: number | undefined;

  /** @param isFollowed keeps what was computed for a run that follows. */
  static async open({ memoryBytes, scratchPlaces }: StateOptions, isFollowed: boolean): Promise<DeriveState> {
    return new DeriveState(await DeriveSession.open(memoryBytes, scratchPlaces), isFollowed);
  }

  constructor(session: DeriveSession, isFollowed = false) {
    this.session = session;
    this.kept = isFollowed
      ? { rollUps: new KeptRollUps(), indicators: new ByTimeframe(), features: new ByTimeframe() }
      : undefined;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

class ByTimeframe<T extends LakeTable> {
  readonly #makers = new Map<Timeframe, KeptMakers<T>>();

  of(timeframe: Timeframe): KeptMakers<T> {
    let makers = this.#makers.get(timeframe);
    if (makers === undefined) {
      makers = new KeptMakers();
      this.#makers.set(timeframe, makers);
    }
    return makers;
  }
}
