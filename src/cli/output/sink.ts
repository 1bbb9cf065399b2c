/** Where bytes go, with backpressure: a write waits until the reader has kept up, so that memory stays flat. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';

export interface Sink {
  write(bytes: string | Uint8Array): Promise<void>;
  end(): Promise<void>;
}

export function streamSink(stream: Writable): Sink {
  return {
    async write(bytes) {
      if (!stream.write(bytes)) await once(stream, 'drain');
    },
    async end() {
      if (stream.writableLength > 0) await once(stream, 'drain');
    },
  };
}

export async function fileSink(path: string): Promise<Sink> {
  const stream = createWriteStream(path);
  await once(stream, 'open');
  return {
    async write(bytes) {
      if (!stream.write(bytes)) await once(stream, 'drain');
    },
    async end() {
      stream.end();
      await once(stream, 'close');
    },
  };
}
