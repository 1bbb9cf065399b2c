/**
 * Tells systemd how a collector does, when it asked for that (`Type=notify`): ready, status, alive, stopping. Node has
 * no datagrams on Unix sockets, so systemd's own `systemd-notify` sends them: the unit needs `NotifyAccess=all`.
 * Source: sd_notify(3), systemd-notify(1).
 */
import { execFile } from 'node:child_process';
import type { Logger } from 'pino';
import { messageOf } from '../base/errors.ts';

export interface ServiceManagerOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly isReady: () => boolean;
  /** Whether what the thread of the sockets cannot see for itself makes progress. */
  readonly isAlive: () => boolean;
  /** One line for `systemctl status`. */
  readonly status: () => string;
  readonly log: Logger;
}

const LOOK_MS = 500;
const STATUS_MS = 30_000;
const SEND_MS = 5000;

/**
 * The watchdog is fed by a timer of the thread that collects, while `isAlive`: it starves when that thread or the
 * storing one hangs, and not when the exchange or the disk is in trouble, which a restart would not fix.
 *
 * @returns to be called when the collector begins to stop.
 */
export function notifySystemd({ env, isReady, isAlive, status, log }: ServiceManagerOptions): () => void {
  if (!env.NOTIFY_SOCKET) return () => undefined;
  let isFailing = false;
  const send = (...assignments: string[]) => {
    execFile('systemd-notify', assignments, { env, timeout: SEND_MS }, (error) => {
      if (error && !isFailing) log.warn(`systemd-notify does not work: ${messageOf(error)}`);
      isFailing = error !== null;
    });
  };
  const tellStatus = () => send(`STATUS=${status()}`);
  const looking = setInterval(() => {
    if (!isReady()) return;
    clearInterval(looking);
    send('READY=1', `STATUS=${status()}`);
  }, LOOK_MS);
  const timers = [looking, setInterval(tellStatus, STATUS_MS)];
  const watchdogMs = Number(env.WATCHDOG_USEC) / 1000;
  if (watchdogMs > 0)
    timers.push(
      setInterval(() => {
        if (isAlive()) send('WATCHDOG=1');
      }, watchdogMs / 2),
    );
  tellStatus();
  return () => {
    for (const timer of timers) clearInterval(timer);
    send('STOPPING=1');
  };
}
