/** What `crypto-lake compact` does, at each moved time that the parent process names: LAKE. A process of its own, as upkeep is of `up`. */
import { maintainLake } from '../../dist/upkeep/maintain-lake.js';
import { clock } from '../moved-clock.js';

const lake = process.argv[2];
process.on('message', async (nowMs) => {
  clock.nowMs = nowMs;
  const failure = await maintainLake({
    lake,
    names: undefined,
    zorder: undefined,
    vacuumOnly: false,
    targetBytes: 128e6,
    memoryBytes: 512e6,
    nowMs,
    all: false,
    only: undefined,
    dryRun: false,
    signal: new AbortController().signal,
    watch: (_, work) => work(() => undefined),
    onEvent: () => undefined,
  });
  if (failure !== undefined) throw failure;
  process.send('done');
});
