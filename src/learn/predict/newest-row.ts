/** The newest row that has all inputs of a model. */

import { lengthUsOf } from '../../lake/timeframe.ts';
import { type DataVersions, openPinnedSession } from '../data/pinned-session.ts';
import { type Row, readRows } from '../data/read-rows.ts';
import { rowQueryOf } from '../data/row-query-of.ts';
import type { ServedModel } from '../served-model.ts';

export interface NewestRow {
  /** Undefined when there is none in a long time. */
  readonly row: Row | undefined;
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
  };
  try {
    let missing: readonly string[] = [];
    for (const bars of LOOK_BACK_BARS) {
      const fromUs = nowUs - bars * lengthUsOf(model.timeframe);
      let row: Row | undefined;
      for await (const rows of readRows(session.connection, query, { ...request, fromUs })) {
        const [newest] = rows.slice(-1);
        missing = model.features.filter((_, index) => Number.isNaN(newest?.features[index]));
        row = rows.findLast(({ features }) => !features.some(Number.isNaN)) ?? row;
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
