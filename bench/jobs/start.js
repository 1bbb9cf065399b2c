import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchangeAt, until } from '../listen.js';
import { PROGRAM } from '../measure.js';
import { simulatorThread } from '../simulator-thread.js';

const SEGMENT = /^\d+\.segment$/;
const KILLED_AFTER_MS = 3000;
const LOOK_MS = 2;

/** `liquidations` from its start to both sockets and to a frame that no kill can take back, in a new lake and after a kill. */
export default {
  title: 'from the start of a collector to its open sockets and its first frame in the spool',
  goals: {
    'sockets open, s': '≤ 0.3',
    'first frame, s': '≤ 0.3',
    'after a kill: sockets open, s': '≤ 0.3',
    'after a kill: first frame, s': '≤ 0.3',
  },
  prepare: () => simulatorThread({ market: 'steady', framesPerSecond: 1000 }),
  async ours({ folder }, simulator, round) {
    const lake = join(folder, `lake-${round}`);
    const first = await startAndKill(lake, simulator);
    const again = await startAndKill(lake, simulator);
    return {
      'sockets open, s': first.socketsS,
      'first frame, s': first.frameS,
      'after a kill: sockets open, s': again.socketsS,
      'after a kill: first frame, s': again.frameS,
    };
  },
  cleanUp: (_, simulator) => simulator.close(),
};

async function startAndKill(lake, simulator) {
  const spool = join(lake, '_spool', 'liquidations');
  const before = segmentsOf(spool);
  const startedMs = performance.now();
  const collector = spawn(process.execPath, [PROGRAM, 'liquidations', '--quiet', '--lake', lake], {
    env: { ...process.env, ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '10m' },
    stdio: 'inherit',
  });
  const since = () => (performance.now() - startedMs) / 1000;
  let text = '';
  const written = () => {
    const name = segmentsOf(spool).find((segment) => !before.includes(segment));
    text = name === undefined ? '' : readFileSync(join(spool, name), 'latin1');
    return text;
  };
  let frameS;
  await until(
    () => {
      if (frameS === undefined && written().includes('"forceOrder"')) frameS = since();
      return frameS !== undefined;
    },
    60_000,
    'the first frame',
    LOOK_MS,
  );
  // Each is noted when its first data came; the time of the record is the collector's own.
  await until(() => written().split('"connected"').length > 2, 60_000, 'both sockets', LOOK_MS);
  const socketsS = since();
  await sleep(KILLED_AFTER_MS);
  collector.kill('SIGKILL');
  await new Promise((resolve) => collector.on('close', resolve));
  return { socketsS, frameS };
}

function segmentsOf(spool) {
  try {
    return readdirSync(spool).filter((name) => SEGMENT.test(name));
  } catch {
    return [];
  }
}
