/**
 * One run of `derive` in a process of its own: LAKE NOW_MS SHARED_BARS [N]. It kills itself at its N-th named step;
 * without N it goes to the end and prints its steps as JSON.
 */
import { deriveLake } from '../../dist/derive/derive-lake.js';

const [lake, nowMs, sharedBars, killAt] = process.argv.slice(2);
const steps = [];
await deriveLake({
  lake,
  memoryBytes: 256 * 2 ** 20,
  nowMs: Number(nowMs),
  sharedBars: Number(sharedBars),
  thresholds: {
    qualityJump: 10,
    qualityStuck: 60_000,
    qualityStale: 3_600_000,
    qualityDivergence: 5,
    qualityClock: 2000,
  },
  step: (name) => {
    steps.push(name);
    if (steps.length === Number(killAt)) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(JSON.stringify(steps));
