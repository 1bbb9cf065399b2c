import { join } from 'node:path';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { LIQUIDATION_TABLE } from '../../dist/lake/tables/liquidation.js';
import { orders } from '../data.js';
import { measure } from '../measure.js';

const PROCESSES = 8;
const START_MS = 6000;

/** Processes that commit to one table at once: nobody may starve. */
export default {
  title: '8 processes append 500 rows again and again to one table for 15 s',
  note: "The slowest process's share is its commits divided by an eighth of all. Ours syncs, delta-rs does not",
  goals: { "slowest process's share": '≥ 0.5', 'commits that lost the race for good': '≤ 0' },
  rounds: 3,
  ours: (context, _, round) =>
    contend(context, `ours-${round}`, (lake) => [
      process.execPath,
      join(context.here, 'ours', 'append-for.js'),
      lake,
    ]),
  peers: {
    'delta-rs': (context, _, round) =>
      contend(context, `delta-rs-${round}`, (lake) => [
        context.python,
        join(context.here, 'peers', 'append_for.py'),
        join(lake, LIQUIDATION_TABLE.name),
      ]),
  },
};

async function contend({ folder, smoke }, name, command) {
  const lake = join(folder, name);
  await appendBatch(await openLakeTable(lake, LIQUIDATION_TABLE), orders(500), {
    appId: 'bench',
    version: 1,
  });
  const fromMs = Date.now() + START_MS;
  const seconds = smoke ? 1 : 15;
  const [program, ...args] = command(lake);
  const times = [String(fromMs), String(fromMs + seconds * 1000)];
  const runs = Array.from({ length: PROCESSES }, (_, writer) =>
    measure(program, [...args, String(writer), ...times], { capture: true }),
  );
  const counts = (await Promise.all(runs)).map(({ stdout }) => JSON.parse(stdout));
  const sum = (figure) => counts.reduce((total, count) => total + count[figure], 0);
  return {
    "slowest process's share":
      Math.min(...counts.map(({ commits }) => commits)) / (sum('commits') / PROCESSES),
    'commits/s': sum('commits') / seconds,
    'commits that lost the race for good': sum('lost'),
  };
}
