/**
 * Runs the built program in a real pseudo-terminal. Node cannot make one and npm's packages compile one, so `script`
 * does it: part of every Debian (bsdutils), Fedora (util-linux) and macOS. Without it the tests fail, and say so.
 */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';
import { eventually } from './program.ts';

const PROGRAM = resolve('bin/crypto-lake.js');

export interface TerminalOptions {
  readonly columns: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Terminal {
  /** All that was written, with its control characters. */
  raw(): string;
  /** Its lines without control characters. */
  lines(): string[];
  /** As if on the keyboard: `\x03` is Ctrl-C, `\x04` Ctrl-D, `\r` Enter. */
  type(keys: string): void;
  /** Resolves when the text has come after what earlier calls waited for. */
  see(text: RegExp): Promise<void>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

export function openTerminal(args: readonly string[], { columns, env }: TerminalOptions): Terminal {
  const command = [process.execPath, PROGRAM, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const inside = `stty cols ${columns} rows 40 && exec ${command.join(' ')}`;
  const scriptArgs =
    process.platform === 'darwin'
      ? ['-q', '/dev/null', '/bin/sh', '-c', inside]
      : ['-qfe', '-c', inside, '/dev/null'];
  const child = spawn('script', scriptArgs, {
    cwd: tmpdir(),
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      SHELL: '/bin/sh',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let raw = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((done, fail) => {
    child.on('close', done);
    child.on('error', (error) =>
      fail(
        new Error('terminal tests need `script` (Debian: bsdutils; Fedora: util-linux)', { cause: error }),
      ),
    );
  });
  return {
    raw: () => raw,
    lines: () => stripVTControlCharacters(raw).split(/\r*\n/),
    type: (keys) => void child.stdin.write(keys),
    async see(text) {
      await Promise.race([
        ended.then(() => undefined),
        eventually(String(text), () => text.test(raw.slice(seen))),
      ]);
      const match = text.exec(raw.slice(seen));
      if (!match) throw new Error(`the program ended without ${text}:\n${raw.slice(seen)}`);
      seen += match.index + match[0].length;
    },
    ended,
  };
}
