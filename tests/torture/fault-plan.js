/**
 * A random timeline of everything that an exchange can do wrong, the same for the same seed. Faults that last follow
 * one another with a pause, so that what coverage says of each can be judged on its own.
 */

/** Silence up to this long cannot be distinguished from a pause between two messages: coverage bridges it. */
export const BRIDGED_SILENCE_MS = 5000;
/** For the collector under test: how long liquidations alone may be silent before the span is called unproven. */
export const UNPROVEN_AFTER_MS = 12_000;

const TICKERS = '/api/v3/ticker';
const TARGETS = ['oldest', 'newest', 'all'];

/** Each makes a fault from `between(low, high)` and `oneOf(list)`; those with `durationMs` last. */
const MAKERS = [
  ({ between, oneOf }) => ({
    fault: 'silent-socket',
    connection: oneOf(TARGETS),
    durationMs: between(500, 9000),
  }),
  ({ between, oneOf }) => ({
    fault: 'half-open',
    connection: oneOf(TARGETS),
    durationMs: between(500, 12_000),
  }),
  ({ between }) => ({ fault: 'quiet-market', durationMs: between(1000, 10_000) }),
  ({ between }) => ({
    fault: 'liquidations-silent',
    durationMs: UNPROVEN_AFTER_MS + between(6000, 12_000),
  }),
  ({ between }) => ({ fault: 'duplicates', durationMs: between(1000, 8000) }),
  ({ between }) => ({ fault: 'out-of-order', window: between(5, 200), durationMs: between(1000, 8000) }),
  ({ between }) => ({
    fault: 'resend-on-reconnect',
    count: between(10, 2000),
    durationMs: between(4000, 12_000),
  }),
  ({ between, oneOf }) => ({
    fault: 'http-status',
    status: oneOf([429, 418]),
    retryAfterSeconds: between(1, 4),
    on: oneOf(['rest', 'websocket', 'both']),
    durationMs: between(1000, 6000),
  }),
  ({ between, oneOf }) => ({
    fault: 'http-status',
    status: oneOf([500, 502, 503]),
    on: oneOf(['rest', 'websocket', 'both']),
    durationMs: between(1000, 6000),
  }),
  // These block the host for minutes, until the collector is started again.
  ({ between, oneOf }) => ({
    fault: 'http-status',
    status: oneOf([403, 451]),
    on: 'rest',
    durationMs: between(1000, 4000),
  }),
  ...['truncated-body', 'endless-body', 'hanging-request', 'html-body'].map((fault) => ({ between }) => ({
    fault,
    path: TICKERS,
    durationMs: between(2000, 6000),
  })),
  ({ between }) => ({
    fault: 'slow-body',
    path: TICKERS,
    bytesPerSecond: between(10_000, 500_000),
    durationMs: between(2000, 6000),
  }),
  ({ between }) => ({ fault: 'bad-ticker-rows', durationMs: between(2000, 6000) }),
  ({ between }) => ({ fault: 'hanging-handshake', durationMs: between(2000, 8000) }),
  ({ between, oneOf }) => ({
    fault: 'clock-skew',
    offsetMs: oneOf([-1, 1]) * between(500, 3_600_000),
    durationMs: between(1000, 6000),
  }),
  ({ oneOf }) => ({ fault: 'reset', abruptly: oneOf([true, false]), connection: oneOf(TARGETS) }),
  ({ oneOf }) => ({
    fault: 'close',
    code: oneOf([1000, 1001, 1008, 1011, 4000]),
    connection: oneOf(TARGETS),
  }),
  ({ between, oneOf }) => ({
    fault: 'drop-in-burst',
    orders: between(100, 2000),
    after: between(10, 1000),
    connection: oneOf(['oldest', 'newest']),
  }),
  ({ oneOf }) => ({ fault: 'rotation', connection: oneOf(TARGETS) }),
  ({ oneOf }) => ({ fault: 'malformed', connection: oneOf(TARGETS) }),
];

/** @returns faults with their times, all over by `lengthMs`. */
export function planFaults(random, lengthMs) {
  const dice = {
    between: (low, high) => low + random.below(high - low + 1),
    oneOf: (list) => list[random.below(list.length)],
  };
  const plan = [];
  let atMs = 3000;
  // Each kind comes once before any comes again.
  let hand = [];
  while (atMs < lengthMs) {
    if (hand.length === 0) hand = shuffled(MAKERS, random);
    const fault = hand.pop()(dice);
    const endMs = atMs + (fault.durationMs ?? 0);
    if (endMs < lengthMs) plan.push({ ...fault, atMs });
    atMs = endMs + dice.between(1500, 4000);
  }
  return plan;
}

function shuffled(list, random) {
  const left = [...list];
  return list.map(() => left.splice(random.below(left.length), 1)[0]);
}
