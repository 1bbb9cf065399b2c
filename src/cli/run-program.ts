/** Runs this very program as a child process, as a person would from a shell. */
import { spawn } from 'node:child_process';
import { LakeError } from '../base/errors.ts';
import { PROGRAM_FILE } from '../base/program-file.ts';

export interface StartedProgram {
  /** Asks it to end (SIGTERM). */
  stop(): void;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts it with this terminal. */
export function startProgram(args: readonly string[], env: NodeJS.ProcessEnv): StartedProgram {
  const child = spawn(process.execPath, [PROGRAM_FILE, ...args], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const onExit = () => child.kill('SIGKILL');
  process.on('exit', onExit);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => process.off('exit', onExit));
  return { stop: () => child.kill('SIGTERM'), ended };
}

/** Runs it to its end with this terminal. */
export async function runProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const program = startProgram(args, env);
  signal.addEventListener('abort', program.stop, { once: true });
  succeed(args, await program.ended);
}

/** Runs it to its end and returns what it printed on stdout. */
export async function captureProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM_FILE, ...args], {
    env,
    signal,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  succeed(args, code);
  return Buffer.concat(chunks).toString();
}

function succeed(args: readonly string[], code: number | null): void {
  if (code !== 0)
    throw new LakeError('CHECK_FAILED', `\`crypto-lake ${args[0]}\` ended with ${code ?? 'a signal'}`);
}
