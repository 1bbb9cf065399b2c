/** Compares a lake with the simulator's record of what it really sent, and when it was really heard. */
import { BRIDGED_SILENCE_MS } from './fault-plan.js';
import { excess, minus, secondsOf, union } from './intervals.js';
import { readRows, rowsOf } from './lake.js';

/** Two processes read one clock; the socket's thread may be busy for a moment. */
const CLOCK_SLACK_MS = 500;
/** A pong of a killed collector may be read after the kill; the next collector needs longer to connect. */
const LATE_PONG_MS = 100;

const TABLES = ['liquidation', 'prices', 'coverage', 'quarantine'];

/**
 * Every order that a connection confirmed has to be stored, once; but for those confirmed less than `boundMs` before
 * that connection's collector was killed.
 */
export async function judgeOrders({ lake, truth, kills, tables = TABLES }) {
  const stored = new Map();
  let doubled = 0;
  let unknown = 0;
  const sent = new Set(truth.liquidations.map(({ key }) => key));
  const columns =
    'market, symbol, side, epoch_ms(trade_time) AS t, quantity AS q, price AS p, average_price AS ap, filled_quantity AS z';
  await readRows(lake, `SELECT ${columns}, count(*) AS n FROM liquidation GROUP BY ALL`, (row) => {
    const { market, symbol, side, t, q, p, ap, z, n } = row;
    const key = [market, symbol, side, Number(t), q, p, ap, z].join('|');
    stored.set(key, Number(n));
    doubled += Number(n) - 1;
    if (!sent.has(key)) unknown++;
  });
  let confirmed = 0;
  let lost = 0;
  let unacknowledged = 0;
  let oldestLostMs = 0;
  const lostAtMs = [];
  for (const { key, confirmedAtMs, firstSentAtMs } of truth.liquidations) {
    if (confirmedAtMs.length === 0) continue;
    confirmed++;
    if (stored.has(key)) continue;
    const excuses = confirmedAtMs.map((atMs) => killAround(kills, atMs));
    if (excuses.includes(undefined)) {
      lost++;
      lostAtMs.push(firstSentAtMs);
    } else {
      unacknowledged++;
      oldestLostMs = Math.max(oldestLostMs, Math.max(...excuses.map(({ atMs }) => atMs)) - firstSentAtMs);
    }
  }
  for (const table of tables) doubled += await doubledRows(lake, table);
  return {
    sent: sent.size,
    confirmed,
    stored: stored.size,
    lost,
    lostAtMs,
    unacknowledged,
    oldestLostMs,
    doubled,
    unknown,
  };
}

/** The kill before which a frame that was confirmed at `atMs` may not have become durable. */
function killAround(kills, atMs) {
  return kills.find((kill) => atMs > kill.atMs - kill.boundMs && atMs < kill.atMs + LATE_PONG_MS);
}

/** Rows that are there twice with all that is in them, or prices of one poll that are there twice. */
async function doubledRows(lake, table) {
  // One answer may well have the same nonsense in it twice.
  const where = table === 'quarantine' ? "WHERE source = 'liquidation'" : '';
  const columns = table === 'prices' ? 'symbol, collected_at' : '*';
  const [row] = await rowsOf(
    lake,
    `SELECT coalesce(sum(n - 1), 0) AS doubled FROM (SELECT ${columns}, count(*) AS n FROM ${table} ${where} GROUP BY ALL)`,
  );
  return Number(row.doubled);
}

/**
 * The claims of `coverage` against the record of when connections were fed. Listening may be claimed over a silence of
 * up to 5 s on a connection that lived through it, and nowhere else.
 */
export async function judgeCoverage({ lake, truth }) {
  const rows = (
    await rowsOf(
      lake,
      "SELECT connection, state, epoch_us(started_at) / 1000 AS f, epoch_us(ended_at) / 1000 AS t FROM coverage WHERE source = 'liquidation'",
    )
  ).map(({ connection, state, f, t }) => ({ connection, state, fromMs: Number(f), toMs: Number(t) }));
  const takenBack = union(rows.filter(({ connection, state }) => connection === '' && state === 'unproven'));
  const listening = rows.filter(({ state, fromMs, toMs }) => state === 'listening' && toMs > fromMs);
  const perConnection = [...new Set(listening.map(({ connection }) => connection))].flatMap((name) =>
    minus(union(listening.filter(({ connection }) => connection === name)), takenBack),
  );
  const open = truth.connections.map(({ openedAtMs, closedAtMs = Number.POSITIVE_INFINITY }) => ({
    fromMs: openedAtMs,
    toMs: closedAtMs,
  }));
  const fed = truth.connections.flatMap((connection) => connection.fed);
  const longerThan = (limitMs) => (span) => span.toMs - span.fromMs > limitMs + CLOCK_SLACK_MS;
  const falseClaims = [
    ...excess(perConnection, open).filter(longerThan(0)),
    ...excess(perConnection, fed).filter(longerThan(BRIDGED_SILENCE_MS)),
  ];
  const listened = (
    await rowsOf(
      lake,
      'SELECT epoch_us(started_at) / 1000 AS f, epoch_us(ended_at) / 1000 AS t FROM coverage_spans ORDER BY started_at',
    )
  ).map(({ f, t }) => ({ fromMs: Number(f), toMs: Number(t) }));
  const heard = union(fed);
  const life = [{ fromMs: heard[0].fromMs, toMs: heard.at(-1).toMs }];
  const holesReal = minus(life, heard);
  const holesClaimed = minus(life, listened);
  return {
    falseClaims,
    holesReal: { count: holesReal.length, seconds: secondsOf(holesReal) },
    holesClaimed: { count: holesClaimed.length, seconds: secondsOf(holesClaimed) },
    /** Real holes that coverage does not show: silence that was bridged. */
    bridgedSeconds: secondsOf(minus(holesReal, holesClaimed)),
    /** Claimed holes in which orders could have come: unproven, before the first message, after the last durable one. */
    modestSeconds: secondsOf(minus(holesClaimed, holesReal)),
  };
}
