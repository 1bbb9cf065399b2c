/** Where bytes go, with backpressure: a write waits until the reader has kept up, so that memory stays flat. */
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { LakeError, messageOf, systemCodeOf } from '../../errors.ts';
import { printable } from '../../printable.ts';
import type { Flags } from '../context.ts';
import type { Io } from '../io.ts';
import { isFile } from './format.ts';

export interface Sink {
  write(bytes: string | Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** The file that `-o` names, or stdout. @throws LakeError USAGE for a file that cannot be written. */
export async function openSink(flags: Flags, io: Io): Promise<Sink> {
  return typeof flags.output === 'string' && isFile(flags) ? fileSink(flags.output) : streamSink(io.stdout);
}

export function streamSink(stream: Writable): Sink {
  return {
    async write(bytes) {
      if (!stream.write(bytes)) await once(stream, 'drain');
    },
    async end() {
      await new Promise<void>((flushed) => stream.write('', () => flushed()));
    },
  };
}

/** @throws LakeError USAGE, later DISK_FULL. */
export async function fileSink(path: string): Promise<Sink> {
  const file = await open(path, 'w').catch(cannotWrite(path));
  return {
    write: (bytes) => file.writeFile(bytes).catch(cannotWrite(path)),
    end: () => file.close().catch(cannotWrite(path)),
  };
}

/** What a file that cannot be written means to the person who named it. */
export function cannotWrite(path: string): (error: unknown) => never {
  return (error) => {
    const isFull = systemCodeOf(error) === 'ENOSPC' || systemCodeOf(error) === 'EDQUOT';
    throw new LakeError(
      isFull ? 'DISK_FULL' : 'USAGE',
      `\`${path}\` cannot be written: ${messageOf(error)}`,
      {
        hint: isFull ? 'free some space there' : 'name a file in a folder that you may write',
      },
    );
  };
}

/** For a terminal: outside control characters and bidirectional marks are shown, not obeyed. JSON stays the same JSON. */
export function terminalSink(sink: Sink): Sink {
  return {
    write: (text) =>
      sink.write(typeof text === 'string' ? printable(text, Number.POSITIVE_INFINITY, true) : text),
    end: () => sink.end(),
  };
}
