/** Where bytes go, with backpressure: a write waits until the reader has kept up, so that memory stays flat. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { printable } from '../base/printable.ts';
import { fileOf, type OutputOptions, type OutputTarget } from './output-options.ts';
import { withFile } from './with-file.ts';

export interface Sink {
  write(bytes: string | Uint8Array): Promise<void>;
}

/** To the file that `-o` names, or to stdout. @throws LakeError USAGE for a file that cannot be written, DISK_FULL. */
export async function withSink<T>(
  options: OutputOptions,
  { stdout }: OutputTarget,
  work: (sink: Sink) => Promise<T>,
): Promise<T> {
  const file = fileOf(options);
  if (file !== undefined) return withFile(file, work);
  const done = await work(streamSink(stdout));
  await new Promise<void>((flushed) => stdout.write('', () => flushed()));
  return done;
}

export function streamSink(stream: Writable): Sink {
  return {
    async write(bytes) {
      if (!stream.write(bytes)) await once(stream, 'drain');
    },
  };
}

/** For a terminal: outside control characters and bidirectional marks are shown, not obeyed. JSON stays the same JSON. */
export function terminalSink(sink: Sink): Sink {
  return {
    write: (text) =>
      sink.write(typeof text === 'string' ? printable(text, Number.POSITIVE_INFINITY, true) : text),
  };
}
