/** The real `crypto-lake both` as a child process that is killed and started again, as by a supervisor that never gives up. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../../bin/crypto-lake.js', import.meta.url));
const STOP_MS = 25_000;
/** Also after SIGTERM: one of its sources had ended before, blocked by the exchange. */
const EXCHANGE_FAILED = 4;
/** A SIGTERM that comes before the program listens for it ends Node itself. */
const START_MS = 5000;

export class Collector {
  /** When it was killed with SIGKILL, in milliseconds since the epoch, and for how long before it a frame may be lost. */
  kills = [];
  stops = 0;
  /** Exit codes of endings that nobody asked for; only an exchange that blocks is a reason for one. */
  ownEndings = [];
  /** What should never happen. */
  failures = [];
  #options;
  #child;
  #log;

  /** `nowMs` is the clock of the record that kills are compared with; `boundMs` is asked at each kill. */
  constructor({ args, env, logFile, nowMs, boundMs }) {
    this.#options = { args, env, nowMs, boundMs };
    this.#log = createWriteStream(logFile);
  }

  start() {
    const { args, env } = this.#options;
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    child.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
    child.startedMs = performance.now();
    this.#child = child;
  }

  /** Waits; a collector that ends by itself meanwhile is started again. */
  async live(ms) {
    const endMs = performance.now() + ms;
    for (;;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return;
      const timer = new AbortController();
      const ending = await Promise.race([
        this.#child.ended,
        sleep(leftMs, undefined, { signal: timer.signal }).catch(() => undefined),
      ]);
      timer.abort();
      if (ending === undefined) return;
      this.ownEndings.push(ending.code ?? ending.signal);
      if (ending.code !== EXCHANGE_FAILED)
        this.failures.push(`ended by itself with ${ending.code ?? ending.signal}`);
      await sleep(300);
      this.start();
    }
  }

  async kill() {
    const { nowMs, boundMs } = this.#options;
    this.kills.push({ atMs: nowMs(), boundMs: boundMs() });
    this.#child.kill('SIGKILL');
    await this.#child.ended;
  }

  /** SIGTERM, and a good ending. */
  async stop() {
    this.stops++;
    const child = this.#child;
    const ageMs = performance.now() - child.startedMs;
    child.kill('SIGTERM');
    const timer = new AbortController();
    const ending = await Promise.race([
      child.ended,
      sleep(STOP_MS, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    if (ending === undefined) {
      this.failures.push(`did not end within ${STOP_MS / 1000} s of SIGTERM`);
      await this.kill();
    } else if (!isGoodStop(ending, ageMs))
      this.failures.push(`ended with ${ending.code ?? ending.signal} after SIGTERM`);
  }
}

function isGoodStop({ code, signal }, ageMs) {
  return code === 0 || code === EXCHANGE_FAILED || (signal === 'SIGTERM' && ageMs < START_MS);
}
