/**
 * What was asked at the prompt, in the user's state folder, for this user alone. A comfort: it never fails, and when
 * it cannot be read or written there is just no history. https://specifications.freedesktop.org/basedir-spec
 */
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

export const MAX_ENTRIES = 1000;
const MAX_ENTRY_CHARS = 10_000;
const PRIVATE = { mode: 0o600 };

export class HistoryFile {
  readonly path: string;
  /** Newest first, as node:readline keeps them. */
  readonly entries: string[] = [];

  constructor(env: Readonly<Record<string, string | undefined>>) {
    const state = env.XDG_STATE_HOME ?? '';
    const folder = isAbsolute(state) ? state : join(homedir(), '.local', 'state');
    this.path = join(folder, 'crypto-lake', 'history');
    attempt(() => this.#read());
  }

  /** Appends one line: two prompts at once keep both their histories. */
  add(entry: string): void {
    const line = entry.replace(/\s*\n\s*/g, ' ').slice(0, MAX_ENTRY_CHARS);
    if (line === '' || line === this.entries[0]) return;
    this.entries.unshift(line);
    this.entries.splice(MAX_ENTRIES);
    attempt(() => {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      appendFileSync(this.path, `${line}\n`, PRIVATE);
    });
  }

  #read(): void {
    const lines = readFileSync(this.path, 'utf8').split('\n').filter(Boolean);
    this.entries.push(...lines.slice(-MAX_ENTRIES).reverse());
    chmodSync(this.path, PRIVATE.mode);
    if (lines.length > 2 * MAX_ENTRIES)
      writeFileSync(this.path, `${lines.slice(-MAX_ENTRIES).join('\n')}\n`, PRIVATE);
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // No home, no permission, a full disk: the prompt works all the same.
  }
}
