/** `crypto-lake read --interactive`: a prompt for SQL. Every statement sees the newest commits. */
import { type CompleterResult, createInterface } from 'node:readline';
import { LakeError } from '../../base/errors.ts';
import { splitStatements } from '../../base/split-statements.ts';
import { paint } from '../../charts/terminal/picture-style.ts';
import type { LakeSession } from '../../query/session/lake-session.ts';
import type { CommandContext, Flags } from '../context.ts';
import { complete, type Vocabulary } from '../prompt/complete.ts';
import { dotCommand, HELP, TERMINAL_FORMATS } from '../prompt/dot-command.ts';
import { HistoryFile, MAX_ENTRIES } from '../prompt/history-file.ts';
import { COLUMNS_SQL, loadVocabulary } from '../prompt/load-vocabulary.ts';
import { reportError } from '../report-error.ts';

/** The very functions with which `read` runs a query. */
export interface ReadFunctions {
  open(sql: string): Promise<LakeSession>;
  run(context: CommandContext, flags: Flags, session: LakeSession, sql: string): Promise<void>;
}

/** @throws LakeError USAGE without a terminal. */
export async function readInteractive(
  context: CommandContext,
  flags: Flags,
  functions: ReadFunctions,
): Promise<void> {
  checkTerminal();
  await new Prompt(context, flags, functions).loop();
}

function checkTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new LakeError('USAGE', '`--interactive` needs a terminal', {
    hint: 'use `--sql`, or `--sql -` for stdin',
  });
}

class Prompt {
  readonly #context: CommandContext;
  readonly #functions: ReadFunctions;
  readonly #history = new HistoryFile(process.env);
  #flags: Flags;
  #vocabulary: Vocabulary = { tables: new Map(), keywords: [], functions: [] };
  /** The lines of a statement that has no `;` yet. */
  #pending = '';
  #running: { readonly stop: AbortController; session?: LakeSession } | undefined;

  constructor(context: CommandContext, flags: Flags, functions: ReadFunctions) {
    this.#context = context;
    this.#flags = flags;
    this.#functions = functions;
  }

  async loop(): Promise<void> {
    const { io, signal } = this.#context;
    const learning = this.#learn();
    const lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: [...this.#history.entries],
      historySize: MAX_ENTRIES,
      // Who presses Tab at once waits for the names.
      completer: (line: string, done: (error: null, result: CompleterResult) => void) =>
        void learning.then(() =>
          done(null, complete(line, this.#pending, this.#vocabulary, TERMINAL_FORMATS)),
        ),
    });
    const close = () => lines.close();
    signal.addEventListener('abort', close);
    lines.on('SIGINT', () => this.#onCtrlC(lines));
    let shown: string[] = [];
    lines.on('history', (history) => {
      shown = history;
    });
    io.say('SQL ends with `;`. `.help` lists commands, Ctrl-D leaves');
    let isLeft = false;
    this.#ask(lines);
    for await (const line of lines) {
      isLeft = !(await this.#take(line));
      if (isLeft) break;
      // A statement of several lines is one entry.
      if (this.#pending === '') shown.splice(0, shown.length, ...this.#history.entries);
      this.#ask(lines);
    }
    // Ctrl-D leaves the cursor beside the prompt.
    if (!isLeft) process.stdout.write('\n');
    lines.close();
    signal.removeEventListener('abort', close);
    await learning;
    signal.throwIfAborted();
  }

  #ask(lines: ReturnType<typeof createInterface>): void {
    const { dataColor } = this.#context.io;
    lines.setPrompt(paint(this.#pending === '' ? 'lake> ' : '   -> ', 'bold', dataColor));
    lines.prompt();
  }

  /** @returns false when the person wants to leave. */
  async #take(line: string): Promise<boolean> {
    const { io } = this.#context;
    try {
      if (this.#pending === '' && /^\s*(\.|(quit|exit)\s*;?$)/.test(line)) {
        const command = dotCommand(line.trim().replace(/^(?!\.)/, '.'));
        this.#history.add(line.trim());
        if (command.kind === 'quit') return false;
        if (command.kind === 'help') io.print(HELP);
        if (command.kind === 'format')
          this.#flags = { ...this.#flags, json: undefined, format: command.format };
        if (command.kind === 'sql') await this.#run(command.sql);
        return true;
      }
      const { statements, rest } = splitStatements(this.#pending === '' ? line : `${this.#pending}\n${line}`);
      this.#pending = rest;
      for (const sql of statements) {
        this.#history.add(`${sql};`);
        await this.#run(sql);
      }
    } catch (error) {
      reportError(error, this.#context.verbosity > 0, (text) => io.stderr.write(text));
    }
    return true;
  }

  async #run(sql: string): Promise<void> {
    const stop = new AbortController();
    this.#running = { stop };
    const signal = AbortSignal.any([this.#context.signal, stop.signal]);
    try {
      const session = await this.#functions.open(sql);
      this.#running.session = session;
      try {
        await this.#functions.run({ ...this.#context, signal }, this.#flags, session, sql);
      } finally {
        this.#running = undefined;
        await session.close();
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      this.#context.io.say('stopped');
    } finally {
      this.#running = undefined;
    }
  }

  /** Stops the query that runs; else drops what was typed. */
  #onCtrlC(lines: ReturnType<typeof createInterface>): void {
    if (this.#running) {
      this.#running.stop.abort(new Error('stopped'));
      // Pressed again: the first one may have come just before the query began.
      this.#running.session?.connection.interrupt();
      return;
    }
    this.#pending = '';
    process.stdout.write('^C\n');
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    this.#ask(lines);
  }

  /** Completion is a comfort: a lake that cannot be opened is reported when it is asked. */
  async #learn(): Promise<void> {
    const { signal } = this.#context;
    try {
      const session = await this.#functions.open(COLUMNS_SQL);
      try {
        this.#vocabulary = await loadVocabulary({ session, signal, sinceMs: undefined, nowMs: undefined });
      } finally {
        await session.close();
      }
    } catch {}
  }
}
