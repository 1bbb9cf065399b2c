/** News of the symbols that a run makes rows of: those that it names, or those that are chosen in the watch list. */
import type { Snapshot } from '../../delta/log/snapshot.ts';
import type { LakeTable } from '../../lake/table.ts';
import { SYMBOLS_TABLE } from '../../lake/tables/symbols.ts';
import type { Timeframe } from '../../lake/timeframe.ts';
import type { DeriveRun } from '../derive-run.ts';
import { type InputTable, selectOf } from './input-table.ts';
import { changedTimesIn, type News, ofLength } from './news.ts';
import type { Choice } from './watched.ts';

export async function chosenNews(
  run: DeriveRun,
  output: LakeTable,
  snapshot: Snapshot | undefined,
  inputs: readonly (InputTable | undefined)[],
  timeframe: Timeframe,
  choice: Choice,
): Promise<News> {
  const { symbols, watched, session } = run;
  const { isWanted } = run.options;
  const news = await run.news(output, snapshot, inputs, timeframe);
  if (isWanted === undefined) {
    const since = run.takenVersion(output, snapshot, SYMBOLS_TABLE.name);
    const isAdded = await watched.addedSince(choice, since);
    for (const input of isAdded === undefined ? [] : inputs) {
      if (input === undefined) continue;
      const files = ofLength([...input.snapshot.files.values()], timeframe);
      if (files.length === 0) continue;
      const source = await selectOf(session.connection, input, files);
      const all = await changedTimesIn({ connection: session.connection, symbols, source, timeframe });
      for (const [id, days] of all.byId)
        if (isAdded?.(symbols.keyOf(id))) for (const time of days.values()) news.touch(id, time);
    }
  }
  for (const id of news.changed.byId.keys()) {
    const key = symbols.keyOf(id);
    if (!(isWanted?.(key) ?? watched.has(choice, key))) news.delete(id);
  }
  return news;
}
