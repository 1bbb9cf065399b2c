/** Where bytes go, with backpressure: a write waits until the reader has kept up, so that memory stays flat. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { printable } from '../base/printable.ts';

export interface Sink {
  write(bytes: string | Uint8Array): Promise<void>;
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
