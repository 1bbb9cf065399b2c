/** A command of this program as a process of its own, under the supervisor: what fails in it hurts nothing else. */

import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { durationText } from '../base/duration.ts';
import { LakeError } from '../base/errors.ts';
import { PROGRAM_FILE } from '../base/program-file.ts';
import type { Service } from './service.ts';

export interface ChildServiceOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Each line that it writes. */
  readonly onLine: (line: string) => void;
}

/** It drains for 10 s at most. */
const KILL_AFTER_MS = 20_000;
/** Exit code of a wrong call or setting: starting it again does not help. */
const USAGE = 2;

export class ChildService implements Service {
  readonly name: string;
  readonly #options: ChildServiceOptions;
  #child: ChildProcess | undefined;
  #startedMs = 0;
  starts = 0;

  constructor(options: ChildServiceOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** For people: how long it runs, or that it does not. */
  get state(): string {
    if (this.#child === undefined) return this.starts === 0 ? 'starting' : 'restarting';
    return `up ${durationText(performance.now() - this.#startedMs)}`;
  }

  get isUp(): boolean {
    return this.#child !== undefined;
  }

  /** Says something to the process, if it runs and listens. */
  tell(message: object): void {
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { args, env, onLine } = this.#options;
    if (signal.aborted) return;
    const child = fork(PROGRAM_FILE, [...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#child = child;
    this.#startedMs = performance.now();
    this.starts++;
    let last = '';
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
        if (/^error: /.test(line)) last = line;
        onLine(line);
      });
    }
    let killing: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill('SIGTERM');
      killing = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    };
    signal.addEventListener('abort', stop, { once: true });
    const code = await new Promise<number | null>((resolve) => {
      child.on('error', () => resolve(null));
      child.on('close', resolve);
    });
    signal.removeEventListener('abort', stop);
    clearTimeout(killing);
    this.#child = undefined;
    if (signal.aborted) return;
    const why =
      last.replace(/^error: /, '') || `it ended with ${code === null ? 'a signal' : `code ${code}`}`;
    throw new LakeError(code === USAGE ? 'CONFIG_INVALID' : 'INTERNAL', why, {
      hint: `run \`crypto-lake ${args[0]}\` by itself to see more`,
    });
  }
}
