/**
 * Runs a command that cares for the lake, `compact --auto` or `backup`, as a child process now and then, at low
 * priority: a failure or a memory peak in it cannot hurt capture. The child ends with its parent, also when the parent
 * is killed (its IPC channel closes).
 */

import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { durationText } from '../base/duration.ts';
import { PROGRAM_FILE } from '../base/program-file.ts';
import { SUPERVISED } from '../base/supervised.ts';
import type { Service } from './service.ts';

export interface UpkeepOptions {
  readonly lake: string;
  /** Another command than `compact --auto`; its first word is what it is called. */
  readonly command?: readonly string[];
  readonly intervalMs: number;
  /** When it was last done, in milliseconds since the epoch: a new start does not do it once more. */
  readonly lastDoneMs?: () => Promise<number | undefined>;
  readonly log: Logger;
}

/** The first run waits for the collectors to settle. */
const FIRST_DELAY_MS = 60_000;
/** What failed does not wait for the next day. */
const RETRY_MS = 3_600_000;
/** What a child may say of its trouble. */
const MAX_COMPLAINT_CHARS = 2000;

export class UpkeepService implements Service {
  readonly name: string;
  readonly #options: UpkeepOptions;
  /** Of all runs so far. */
  readonly counts = { done: 0, failed: 0, seconds: 0 };

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.name = options.command?.[0] ?? 'upkeep';
  }

  async run(signal: AbortSignal): Promise<void> {
    const { intervalMs, log, lake, command } = this.#options;
    const doneMs = await this.#options.lastDoneMs?.();
    const dueInMs = doneMs === undefined ? 0 : doneMs + intervalMs - Date.now();
    let delayMs = Math.max(Math.min(FIRST_DELAY_MS, intervalMs), Math.min(dueInMs, intervalMs));
    while (!signal.aborted) {
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const begunMs = performance.now();
      const complaint = await runUpkeep(lake, signal, command);
      this.counts.seconds += (performance.now() - begunMs) / 1000;
      this.counts[complaint === undefined ? 'done' : 'failed']++;
      delayMs = complaint === undefined ? intervalMs : Math.min(intervalMs, RETRY_MS);
      if (complaint === undefined) log[command === undefined ? 'debug' : 'info'](`${this.name} done`);
      else if (!signal.aborted)
        log.warn(`${this.name} failed, the next try is in ${durationText(delayMs)}: ${complaint}`);
    }
  }
}

/** Runs upkeep once and waits for it. @returns what the child complained of, or undefined when it did its work. */
export async function runUpkeep(
  lake: string,
  signal: AbortSignal,
  command: readonly string[] = ['compact', '--auto'],
): Promise<string | undefined> {
  const child = fork(PROGRAM_FILE, [...command, '--quiet', '--lake', lake], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, [SUPERVISED]: '1' },
  });
  lowerPriority(child);
  const stop = () => child.kill('SIGTERM');
  const kill = () => setTimeout(() => child.kill('SIGKILL'), 3000).unref();
  signal.addEventListener('abort', stop);
  signal.addEventListener('abort', kill);
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-MAX_COMPLAINT_CHARS);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  signal.removeEventListener('abort', stop);
  signal.removeEventListener('abort', kill);
  return code === 0
    ? undefined
    : complaint.trim() || `it ended with ${code === null ? 'a signal' : `code ${code}`}`;
}

function lowerPriority(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch {
    // Not permitted here: upkeep then runs at normal priority.
  }
}
