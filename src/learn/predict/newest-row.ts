/** The newest row that has all inputs of a model. */

import { lengthUsOf } from '../../lake/timeframe.ts';
import { type DataVersions, openPinnedSession } from '../data/pinned-session.ts';
import { readBlocks } from '../data/read-blocks.ts';
import { rowQueryOf } from '../data/row-query-of.ts';
import type { ServedModel } from '../served-model.ts';

export interface InputRow {
  /** Microseconds since the epoch: what the row tells is of this time. */
  readonly timeUs: number;
  readonly price: number;
  readonly features: readonly number[];
}

export interface NewestRow {
  /** Undefined when there is none in a long time. */
  readonly row: InputRow | undefined;
  /** Features that are NULL in the newest row of all; none when it is complete. */
  readonly missing: readonly string[];
  readonly versions: DataVersions;
}

export interface NewestRowOptions {
  readonly lake: string;
  readonly memoryBytes: number;
  readonly versions?: DataVersions | undefined;
}

/** How many bars back are looked at: nearly always the first is enough. */
const LOOK_BACK_BARS = [16, 5000];

export async function newestRow(
  model: ServedModel,
  nowUs: number,
  options: NewestRowOptions,
): Promise<NewestRow> {
  const query = rowQueryOf(model);
  const { session, versions } = await openPinnedSession({ ...options, tables: query.tables });
  const request = {
    instrument: model.instrument,
    features: model.features,
    toUs: nowUs + 1,
    cutUs: nowUs + 1,
    labelBars: 0,
  };
  try {
    let missing: readonly string[] = [];
    for (const bars of LOOK_BACK_BARS) {
      const fromUs = nowUs - bars * lengthUsOf(model.timeframe);
      let row: InputRow | undefined;
      for await (const block of readBlocks(session.connection, query, { ...request, fromUs })) {
        const inputs = (index: number) => block.features.map((column) => column[index] as number);
        const newest = inputs(block.rows - 1);
        missing = model.features.filter((_, index) => Number.isNaN(newest[index]));
        for (let index = block.rows - 1; index >= 0; index--) {
          const features = inputs(index);
          if (features.some(Number.isNaN)) continue;
          row = { timeUs: block.timeUs[index] as number, price: block.price[index] as number, features };
          break;
        }
      }
      if (row !== undefined) return { row, missing, versions };
    }
    return { row: undefined, missing, versions };
  } catch (error) {
    throw session.errorOf(error);
  } finally {
    await session.close();
  }
}
