/** The second thread of a run: indicators, or features, of the periods that it is asked for. */
import { parentPort, workerData } from 'node:worker_threads';
import { LakeError, messageOf } from '../../base/errors.ts';
import { TableBatch } from '../../ingest/rows/table-batch.ts';
import { openStore } from '../../lake/open-store.ts';
import type { LakeTable } from '../../lake/table.ts';
import { FEATURES_TABLE } from '../../lake/tables/features.ts';
import { INDICATORS_TABLE } from '../../lake/tables/indicators.ts';
import { derivePeriod, type PeriodJob } from '../derive-period.ts';
import { FEATURE_INPUTS } from '../features/feature-set.ts';
import { INDICATOR_INPUTS } from '../indicators/indicator-set.ts';
import { BarSource } from '../input/bar-source.ts';
import { DeriveSession } from '../input/derive-session.ts';
import type { InputTable } from '../input/input-table.ts';
import { liquidationsOfNews } from '../input/liquidations-of-news.ts';
import { News } from '../input/news.ts';
import { FeatureRows } from '../output/feature-rows.ts';
import { IndicatorRows } from '../output/indicator-rows.ts';
import type { WrittenPartition } from '../output/partition-writer.ts';
import { SymbolIndex } from '../symbol-index.ts';
import { type HandedBars, unpackBars } from './handed-bars.ts';
import type { PeriodAnswer, PeriodQuestion, PeriodRequest } from './period-request.ts';

interface Opened {
  readonly session: DeriveSession;
  put(bars: HandedBars): void;
  derive(periodUs: number, nextUs: number | undefined): Promise<WrittenPartition>;
}

const port = parentPort;
if (port === null) throw new Error('period-worker runs as a worker thread only');
const opened = open(workerData as PeriodRequest);
// Who asks gets the error.
opened.catch(() => undefined);

let turn = Promise.resolve();
port.on('message', (question: PeriodQuestion) => {
  turn = turn.then(async () => {
    if (question === null) await end();
    else port.postMessage(await answer(question));
  });
});

async function open(request: PeriodRequest): Promise<Opened> {
  const { timeframe, keys, changed, output, inputsVersion, nowMs, knownUntilUs } = request;
  const session = await DeriveSession.open(request.memoryBytes, [request.scratch], 1);
  const symbols = new SymbolIndex();
  for (const key of keys) symbols.idOf(key);
  const news = new News();
  for (const [id, days] of changed) for (const time of days.values()) news.changed.add(id, time);
  const table = async (name: string): Promise<InputTable | undefined> => {
    const input = request.inputs.get(name);
    return input && { name, snapshot: input.snapshot, store: await openStore(input.location) };
  };
  const inputs = {
    bars1m: await table('bars_1m'),
    corrections: await table('bar_corrections'),
    rollup: await table('bars_rollup'),
  };
  const columns = request.table === 'indicators' ? INDICATOR_INPUTS : FEATURE_INPUTS;
  const source = new BarSource(session, inputs, symbols, knownUntilUs, columns);
  // Only those of indicators are handed over.
  const put = (handed: HandedBars) =>
    source.put(timeframe, handed.startUs, handed.ids, unpackBars(handed, timeframe, INDICATOR_INPUTS));
  const store = await openStore(output.location);
  const shared = {
    output: { store, metadata: output.metadata },
    timeframe,
    symbols,
    news,
    inputsVersion,
    nowMs,
  };
  const deriver =
    <T extends LakeTable>(job: PeriodJob<T>) =>
    (periodUs: number, nextUs: number | undefined) =>
      derivePeriod(job, source, periodUs, nextUs);
  if (request.table === 'indicators') {
    const begin = (id: number, anchorUs: number) => new IndicatorRows(symbols.keyOf(id), timeframe, anchorUs);
    return { session, put, derive: deriver({ ...shared, batch: new TableBatch(INDICATORS_TABLE), begin }) };
  }
  const { connection } = session;
  const [liquidation, coverage] = [await table('liquidation'), await table('coverage')];
  const asked = { connection, symbols, liquidation, coverage, knownUntilUs };
  const liquidations = await liquidationsOfNews(asked, news, timeframe, false);
  const begin = (id: number, anchorUs: number) => {
    const key = symbols.keyOf(id);
    return new FeatureRows(key, timeframe, anchorUs, (fromUs, untilUs) =>
      liquidations.sums(key, fromUs, untilUs),
    );
  };
  return { session, put, derive: deriver({ ...shared, batch: new TableBatch(FEATURES_TABLE), begin }) };
}

async function answer({ periodUs, nextUs, bars }: NonNullable<PeriodQuestion>): Promise<PeriodAnswer> {
  try {
    const { put, derive } = await opened;
    for (const handed of bars) put(handed);
    return { written: await derive(periodUs, nextUs) };
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
