/** Runs a command in this process, with streams that a test can look at: many runs a second. */
import { Writable } from 'node:stream';
import { createSystemClock } from '../../src/base/clock.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { loadConfig } from '../../src/config/load-config.ts';

// The pipe of a test worker, in which nothing ever comes.
process.stdin.destroy();

export interface InProcess {
  readonly stdout: Buffer;
  /** What a person read on stderr. */
  readonly said: readonly string[];
  readonly error: unknown;
}

/** @param columns of a terminal; undefined for a pipe. */
export async function runInProcess(
  lake: string,
  args: readonly string[],
  columns?: number,
): Promise<InProcess> {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const stdout = Object.assign(stream, { isTTY: columns !== undefined, columns }) as never;
  const { config, origins } = loadConfig({ flags: { lake }, env: {}, dotenvPath: '' });
  const program = buildProgram(async (load, flags, _globals, rest) => {
    const io = {
      stdout,
      stderr: new Writable({ write: (_chunk, _encoding, done) => done() }) as never,
      color: false,
      dataColor: false,
      unicode: true,
      quiet: true,
      say: (line: string) => void said.push(line),
      print: (line: string) => void stream.write(`${line}\n`),
    };
    const { signal } = new AbortController();
    await (await load())(
      { config, origins, io, clock: createSystemClock(), verbosity: 0, signal },
      flags,
      rest,
    );
  });
  const said: string[] = [];
  let error: unknown;
  try {
    await program.parseAsync(['node', 'crypto-lake', ...args]);
  } catch (thrown) {
    error = thrown;
  }
  return { stdout: Buffer.concat(chunks), said, error };
}
