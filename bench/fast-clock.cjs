/**
 * Loaded before a program (`--require`): its clocks and timers run BENCH_CLOCK_SPEED times as fast as the machine's, in
 * all of its threads and children. A day of its life takes an hour; what it does in a minute, it does in a second.
 */
const { performance } = require('node:perf_hooks');
const { syncBuiltinESMExports } = require('node:module');
const timers = require('node:timers');
const promises = require('node:timers/promises');

const speed = Number(process.env.BENCH_CLOCK_SPEED);
// The same for all processes and threads: they must agree on what time it is.
const originMs = Number(process.env.BENCH_CLOCK_ORIGIN);

const RealDate = Date;
const realNow = Date.now;
const fastNow = () => Math.floor(originMs + (realNow() - originMs) * speed);
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [fastNow()] : args));
  }
  static now() {
    return fastNow();
  }
};

const realMonotonic = performance.now.bind(performance);
performance.now = () => realMonotonic() * speed;
const realBigint = process.hrtime.bigint;
process.hrtime.bigint = () => realBigint() * BigInt(speed);

/** Delays in milliseconds stand second, or first where there is no callback. */
function hasten(owner, name, position) {
  const real = owner[name];
  const fast = (...args) => {
    if (typeof args[position] === 'number') args[position] /= speed;
    return real(...args);
  };
  owner[name] = Object.defineProperties(fast, Object.getOwnPropertyDescriptors(real));
}
for (const owner of [globalThis, timers])
  for (const name of ['setTimeout', 'setInterval']) hasten(owner, name, 1);
for (const name of ['setTimeout', 'setInterval']) hasten(promises, name, 0);
const realTimeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => realTimeout(Math.max(1, Math.round(ms / speed)));
syncBuiltinESMExports();
