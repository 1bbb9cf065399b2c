/** The second thread of a run: indicators of the periods that it is asked for. */
import { parentPort, workerData } from 'node:worker_threads';
import { LakeError, messageOf } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import { TableBatch } from '../../ingest/rows/table-batch.ts';
import { openStore } from '../../lake/open-store.ts';
import { INDICATORS_TABLE } from '../../lake/tables/indicators.ts';
import { derivePeriod, type PeriodJob } from '../derive-period.ts';
import { BarSource } from '../input/bar-source.ts';
import { DeriveSession } from '../input/derive-session.ts';
import type { InputTable } from '../input/input-table.ts';
import { News } from '../input/news.ts';
import { indicatorRows } from '../output/indicator-rows.ts';
import { SymbolIndex } from '../symbol-index.ts';
import type { PeriodAnswer, PeriodQuestion, PeriodRequest } from './period-request.ts';

interface Opened {
  readonly session: DeriveSession;
  readonly source: BarSource;
  readonly job: PeriodJob<typeof INDICATORS_TABLE>;
}

const port = parentPort;
if (port === null) throw new Error('period-worker runs as a worker thread only');
const opened = open(workerData as PeriodRequest);
// Who asks gets the error.
opened.catch(() => undefined);

port.on('message', (question: PeriodQuestion) => {
  void (question === null ? end() : answer(question).then((message) => port.postMessage(message)));
});

async function open(request: PeriodRequest): Promise<Opened> {
  const { timeframe, keys, changed, output, inputsVersion, nowMs } = request;
  const session = await DeriveSession.open(request.memoryBytes, [request.scratch], 1);
  const symbols = new SymbolIndex();
  for (const key of keys) symbols.idOf(key);
  const news = new News();
  for (const [id, days] of changed) for (const time of days.values()) news.changed.add(id, time);
  const table = async (name: string): Promise<InputTable | undefined> => {
    const snapshot = request.snapshots.get(name);
    return snapshot && { name, snapshot, store: await openStore(joinLocation(request.lake, name)) };
  };
  const inputs = {
    bars1m: await table('bars_1m'),
    corrections: await table('bar_corrections'),
    rollup: await table('bars_rollup'),
  };
  return {
    session,
    source: new BarSource(session, inputs, symbols, request.knownUntilUs),
    job: {
      batch: new TableBatch(INDICATORS_TABLE),
      output: { store: await openStore(output.location), metadata: output.metadata },
      timeframe,
      symbols,
      news,
      inputsVersion,
      nowMs,
      begin: (id, anchorUs) => indicatorRows(symbols.keyOf(id), timeframe, anchorUs),
    },
  };
}

async function answer({ periodUs, nextUs }: NonNullable<PeriodQuestion>): Promise<PeriodAnswer> {
  try {
    const { job, source } = await opened;
    return { written: await derivePeriod(job, source, periodUs, nextUs) };
  } catch (error) {
    const isOurs = error instanceof LakeError;
    const hint = isOurs ? error.hint : undefined;
    return { error: { code: isOurs ? error.code : 'INTERNAL', message: messageOf(error), hint } };
  }
}

async function end(): Promise<void> {
  const { session } = await opened;
  await session.close();
  port?.close();
}
