/** Runs the built program as a child process, the way a person does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const PROGRAM = resolve('bin/crypto-lake.js');

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the program; it is killed when the test ends. */
export function start(
  args: readonly string[],
  options: RunOptions = {},
): ChildProcess & { finished: Promise<Finished> } {
  const child = launch(args, options);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

function launch(
  args: readonly string[],
  options: RunOptions = {},
): ChildProcess & { finished: Promise<Finished> } {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TZ: 'Asia/Kathmandu', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  const finished = new Promise<Finished>((done) => {
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
  });
  return Object.assign(child, { finished });
}

export function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return launch(args, options).finished;
}

/** The rows of a query, as `read --sql` gives them in a pipe. */
export async function query(lake: string, sql: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await run(['read', '--lake', lake, '--sql', sql, '--format', 'ndjson']);
  if (code !== 0) throw new Error(`read ended with ${code}: ${stderr}`);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The environment that points the program to a simulator. */
export function exchangeAt(simulator: {
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly spotWsUrl?: string;
  readonly coinmWsUrl?: string;
}): Record<string, string> {
  return {
    BINANCE_FUTURES_WS_URL: simulator.wsUrl,
    BINANCE_FUTURES_REST_URL: simulator.restUrl,
    BINANCE_COINM_REST_URL: simulator.restUrl,
    BINANCE_SPOT_REST_URL: simulator.restUrl,
    BINANCE_SPOT_WS_URL: simulator.spotWsUrl ?? simulator.wsUrl,
    BINANCE_COINM_WS_URL: simulator.coinmWsUrl ?? simulator.wsUrl,
    BINANCE_ARCHIVE_URL: simulator.restUrl,
    YAHOO_REST_URL: simulator.restUrl,
    CRYPTO_LAKE_UPKEEP: 'off',
  };
}

/** Polls until `condition` gives a value that is not undefined or false; fails after `deadlineMs`. */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 15_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
