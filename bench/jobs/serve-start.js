import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from '../measure.js';
import { answered, freePort, stopped } from '../served.js';
import { servedLake, symbolOf } from '../served-data.js';

const SYMBOLS = 450;
const LOAD_S = 10;

/** `serve` from its start to its first answer, and its memory once it holds the newest day of all symbols, before and after questions. */
export default {
  title: `\`serve\` on a day of 1m bars of ${SYMBOLS} symbols: from its start to its first answer, and its memory`,
  note: `Memory is what is resident once the newest day is held, and after ${LOAD_S} s of questions, each another one, one after the other on 8 connections; 250 MB are 238 MiB`,
  goals: { 'first answer, s': '≤ 0.6', MiB: '≤ 238', 'MiB after questions': '≤ 238' },
  rounds: 3,
  prepare: ({ folder, smoke }) =>
    servedLake(join(folder, 'lake'), { symbols: smoke ? 3 : SYMBOLS, days: 1, withIndicators: false }),
  async ours({ smoke }, { lake, lastMs }) {
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const startedMs = performance.now();
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--lake', lake, '--port', String(port)], {
      stdio: 'ignore',
    });
    try {
      await answered(`${address}/bars/${symbolOf(0)}?limit=1`, 30_000, 2);
      const seconds = (performance.now() - startedMs) / 1000;
      await new Promise((resolve) => setTimeout(resolve, smoke ? 500 : 8000));
      const held = residentMiB(child.pid);
      let asked = 0;
      const endMs = performance.now() + 1000 * (smoke ? 1 : LOAD_S);
      const ask = async () => {
        while (performance.now() < endMs) {
          const symbol = symbolOf(asked++ % (smoke ? 3 : SYMBOLS));
          // 397 shares no divisor with 450: none comes a second time.
          const to = lastMs - 60_000 * (asked % 397);
          await (await fetch(`${address}/bars/${symbol}?limit=1000&to=${to}`)).arrayBuffer();
        }
      };
      await Promise.all(Array.from({ length: 8 }, ask));
      return {
        'first answer, s': seconds,
        MiB: held,
        'MiB after questions': residentMiB(child.pid),
        'questions answered': asked,
      };
    } finally {
      await stopped(child);
    }
  },
};

/** Linux only; elsewhere the figure is left out. */
function residentMiB(pid) {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))[1]) / 1024;
}
