import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSeededRandom } from '../../dist/base/seeded-random.js';
import { TableBatch } from '../../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { BARS_ROLLUP_TABLE } from '../../dist/lake/tables/bars-rollup.js';
import { dayText, periodStartUs } from '../../dist/lake/timeframe.js';
import { barLake, barWalk, DAY_US, MINUTE_US, symbolName } from '../bars.js';
import { measure } from '../measure.js';

const HOUR_US = 60 * MINUTE_US;
const YEAR_FROM_US = Date.UTC(2025, 10, 1) * 1000;
const SIZE = { symbols: 30, days: 365, questions: 60 };
const SMOKE = { symbols: 3, days: 40, questions: 6 };

/** What a chart or a backtest asks for, as `/bars/{symbol}` answers it: the rows themselves, no aggregate. */
export default {
  title:
    'From a year of 30 symbols (15,768,000 bars of 1m): a day of 1m bars and 30 days of 1h bars of one symbol, warm',
  note: 'Each question is about another symbol and another time. Snapshots are kept on both sides; ours also says where the bars have holes. Ours to the JSON text that is sent, the peer to a frame',
  goals: { 'a day of 1m, ms': '≤ 20', '30 days of 1h, ms': '≤ 10' },
  rounds: 3,
  async prepare({ root, folder, smoke }) {
    const size = smoke ? SMOKE : SIZE;
    const lake = await barLake(root, { ...size, fromUs: YEAR_FROM_US });
    if (!existsSync(join(lake, BARS_ROLLUP_TABLE.name))) await addHours(lake, size);
    const files = {
      'a day of 1m': questions(join(folder, 'days.json'), size, '1m', 1),
      '30 days of 1h': questions(join(folder, 'months.json'), size, '1h', 30),
    };
    return { lake, files, answers: new Map() };
  },
  ours: ({ here }, state) =>
    allFigures(state, (file) =>
      measure(process.execPath, [join(here, 'ours', 'bar-reads.js'), state.lake, file], { capture: true }),
    ),
  peers: {
    polars: ({ here, python }, state) =>
      allFigures(state, (file) =>
        measure(python, [join(here, 'peers', 'bar_reads.py'), state.lake, file], { capture: true }),
      ),
  },
};

async function allFigures({ files, answers }, ask) {
  const figures = {};
  for (const [name, file] of Object.entries(files)) {
    const { median, slowest, rows, closes } = JSON.parse((await ask(file)).stdout);
    const known = answers.get(name) ?? { rows, closes };
    answers.set(name, known);
    if (rows !== known.rows || Math.abs(closes / known.closes - 1) > 1e-9)
      throw new Error(`the answers to "${name}" differ: ${rows} and ${known.rows} rows`);
    figures[`${name}, ms`] = median;
    figures[`${name}, slowest ms`] = slowest;
  }
  return figures;
}

/** Days that are whole, of any symbol. */
function questions(file, { symbols, days, questions }, timeframe, span) {
  const random = createSeededRandom(11);
  const all = Array.from({ length: questions }, () => {
    const fromUs = YEAR_FROM_US + random.below(days - span) * DAY_US;
    const toUs = fromUs + span * DAY_US;
    const periods = new Set();
    for (let us = fromUs; us < toUs; us += DAY_US) periods.add(dayText(periodStartUs(timeframe, us)));
    return { timeframe, symbol: symbolName(random.below(symbols)), fromUs, toUs, periods: [...periods] };
  });
  writeFileSync(file, JSON.stringify(all));
  return file;
}

/** A file a month, as the table of longer bars has them. */
async function addHours(lake, { symbols, days }) {
  const table = await openLakeTable(lake, BARS_ROLLUP_TABLE);
  const next = barWalk(symbols);
  const endUs = YEAR_FROM_US + days * DAY_US;
  for (let fromUs = YEAR_FROM_US, version = 1; fromUs < endUs; version++) {
    const untilUs = Math.min(endUs, periodStartUs('1h', fromUs, 1));
    const batch = new TableBatch(BARS_ROLLUP_TABLE);
    const cells = batch.beginRows(
      { timeframe: '1h', period: dayText(fromUs) },
      (symbols * (untilUs - fromUs)) / HOUR_US,
    );
    const hours = {
      ...cells,
      timeframe: { push() {} },
      close_time: { push: (us) => cells.close_time.push(us - MINUTE_US + HOUR_US) },
    };
    for (let index = 0; index < symbols; index++) {
      for (let openUs = fromUs; openUs < untilUs; openUs += HOUR_US) {
        next(index, openUs, hours);
        for (const name of ['minutes', 'minutes_expected']) cells[name].push(60);
        cells.listened_share.push(1);
      }
    }
    await appendBatch(table, batch, { appId: 'bench', version });
    fromUs = untilUs;
  }
}
