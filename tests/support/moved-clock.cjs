/** For `--require`: moves the wall clock of a process by the milliseconds that stand in the file MOVED_CLOCK. */
const { readFileSync } = require('node:fs');

const LOOK_MS = 20;
const SystemDate = Date;
const file = process.env.MOVED_CLOCK;
let offsetMs = 0;
let lookedMs = Number.NEGATIVE_INFINITY;

function now() {
  if (performance.now() - lookedMs > LOOK_MS) {
    lookedMs = performance.now();
    offsetMs = Number(readFileSync(file, 'utf8'));
  }
  return SystemDate.now() + offsetMs;
}

globalThis.Date = class extends SystemDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts));
  }

  static now() {
    return now();
  }
};
