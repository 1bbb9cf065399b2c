import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from '../measure.js';
import { answered, freePort, stopped } from '../served.js';
import { servedLake, symbolOf } from '../served-data.js';
import { median } from '../statistics.js';

const SYMBOLS = 450;
const MINUTES = 10;
const CONNECTIONS = 8;

/** Resident memory of `serve` that is asked as fast as it answers, each question another one. Linux only. */
export default {
  title: `\`serve\` on a day of 1m bars of ${SYMBOLS} symbols, asked for ${MINUTES} minutes as fast as it answers: its memory`,
  note: `${CONNECTIONS} connections, 1,000 bars an answer, each question another one; medians of a minute's samples, one a second; 250 MB are 238 MiB`,
  goals: { 'last minute / 2nd': '≤ 1.05', 'MiB, highest': '≤ 238' },
  rounds: 1,
  prepare: ({ folder, smoke }) =>
    servedLake(join(folder, 'lake'), { symbols: smoke ? 3 : SYMBOLS, days: 1, withIndicators: false }),
  async ours({ smoke }, { lake, lastMs }) {
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--lake', lake, '--port', String(port)], {
      stdio: 'ignore',
    });
    const symbols = smoke ? 3 : SYMBOLS;
    let asked = 0;
    let isOver = false;
    const ask = async () => {
      while (!isOver) {
        const to = lastMs - 60_000 * (asked % 397);
        await (
          await fetch(`${address}/bars/${symbolOf(asked++ % symbols)}?limit=1000&to=${to}`)
        ).arrayBuffer();
      }
    };
    try {
      await answered(`${address}/bars/${symbolOf(0)}?limit=1`, 30_000);
      const asking = Array.from({ length: CONNECTIONS }, ask);
      const samples = [];
      const [count, everyMs] = smoke ? [20, 50] : [MINUTES * 60, 1000];
      for (let i = 0; i < count; i++) {
        await new Promise((resolve) => setTimeout(resolve, everyMs));
        samples.push(
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
        );
      }
      isOver = true;
      await Promise.all(asking);
      const minute = (n) => median(samples.slice(((n - 1) * count) / MINUTES, (n * count) / MINUTES));
      return {
        'MiB, 2nd minute': minute(2),
        'MiB, last minute': minute(MINUTES),
        'MiB, highest': Math.max(...samples),
        'last minute / 2nd': minute(MINUTES) / minute(2),
        'questions answered': asked,
      };
    } finally {
      isOver = true;
      await stopped(child);
    }
  },
};
