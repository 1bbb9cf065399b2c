/** Whether a running `up` does all that it should: sources fresh, a bar derived, API, stream and metrics answering. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { messageOf } from '../../base/errors.ts';
import type { Config } from '../../config/config.ts';
import type { Check, CheckResult } from '../check.ts';

/** Each waits for what just begins, all of them together less than half a minute. */
const WAIT_MS = 12_000;
const ASK_MS = 3_000;
const AGAIN_MS = 500;
/** A rollup of 5m comes a little after its end. */
const DERIVED_MS = 15 * 60_000;

export function smokeChecks({ host, port, up }: Config, isCollector: (name: string) => boolean): Check[] {
  const base = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
  const deadline = performance.now() + WAIT_MS;
  const checks: Check[] = [
    check('api', deadline, async () => {
      const { version } = await json(`${base}/`);
      return `crypto-lake ${version} answers at ${base}`;
    }),
    ...up.filter(isCollector).map((source) =>
      check(source, deadline, async () => {
        const { collectors } = await json(`${base}/health`, true);
        const found = (collectors as readonly Health[]).filter(
          (one) => one.source.startsWith(source) || one.source === source,
        );
        if (found.length === 0) throw new Error('no heartbeat');
        const stale = found.find(({ fresh }) => !fresh);
        if (stale) throw new Error(`${stale.source} is ${stale.state ?? 'silent'}`);
        return `heartbeat ${found[0]?.lag_seconds ?? 0} s old`;
      }),
    ),
    check('stream', deadline, () => firstMessage(base)),
    check('metrics', deadline, async () => {
      const response = await fetch(`${base}/metrics`, { signal: AbortSignal.timeout(ASK_MS) });
      if (response.status === 401 || response.status === 403) return 'there, for admins';
      const lines = (await response.text()).split('\n').filter((line) => line.startsWith('crypto_lake_'));
      if (lines.length === 0) throw new Error('no metrics');
      return `${lines.length} values`;
    }),
  ];
  if (up.includes('derive')) {
    checks.push(
      check('derived', deadline, async () => {
        const { lake } = await json(`${base}/health`, true);
        const age = (lake as { newest_row_age_seconds: Record<string, number> }).newest_row_age_seconds
          .bars_rollup;
        if (age === undefined) throw new Error('no derived bar yet');
        if (age * 1000 > DERIVED_MS) throw new Error(`the newest derived bar opened ${age} s ago`);
        return `the newest derived bar opened ${age} s ago`;
      }),
    );
  }
  return checks;
}

interface Health {
  readonly source: string;
  readonly state: string | null;
  readonly lag_seconds: number | null;
  readonly fresh: boolean;
}

/** Asks again until it is well or the time is over. */
function check(name: string, deadline: number, ask: () => Promise<string>): Check {
  return {
    name,
    async run(signal): Promise<CheckResult> {
      for (;;) {
        try {
          return { status: 'ok', text: await ask() };
        } catch (error) {
          signal.throwIfAborted();
          if (performance.now() > deadline)
            return {
              status: 'fail',
              text: messageOf(error),
              fix: 'is `crypto-lake up` running, and what does its log say?',
            };
        }
        await sleep(AGAIN_MS, undefined, { signal });
      }
    },
  };
}

async function json(url: string, mayBeStale = false): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(ASK_MS),
    headers: { accept: 'application/json' },
  }).catch(() => {
    throw new Error(`nothing answers at ${url}`);
  });
  if (!response.ok && !(mayBeStale && response.status === 503))
    throw new Error(`${url} answers ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

function firstMessage(base: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/ws`, { handshakeTimeout: ASK_MS });
    const timer = setTimeout(() => end(() => reject(new Error('the stream says nothing'))), ASK_MS);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.terminate();
      settle();
    };
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', channel: 'coverage' })));
    socket.on('message', (data) => {
      const { type, code } = JSON.parse(String(data)) as { type: string; code?: string };
      if (type === 'snapshot') end(() => resolve('a snapshot came'));
      else if (code === 'AUTH_REQUIRED') end(() => resolve('there, for users'));
      else end(() => reject(new Error(`the stream answers ${code ?? type}`)));
    });
  });
}
