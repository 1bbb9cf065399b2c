/** How a collector hands a frame to whoever looks on: a length, a line of JSON about it, and the frame as it came. */
import type { LiveFrame } from '../sources/live-event.ts';

const LENGTH_BYTES = 4;
/** Larger ones are no frames of an exchange. */
export const MAX_FRAME_BYTES = 2 ** 20;

export function encodeFrame({ source, connection, receivedAtUs, payload }: LiveFrame): Buffer {
  const head = Buffer.from(`${JSON.stringify([source, connection, receivedAtUs])}\n`);
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(head.length + payload.length);
  return Buffer.concat([length, head, payload]);
}

/** Puts chunks together to frames. */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws RangeError for what no collector sends. */
  *push(chunk: Buffer): Generator<LiveFrame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    while (this.#rest.length - start >= LENGTH_BYTES) {
      const length = this.#rest.readUInt32BE(start);
      if (length > MAX_FRAME_BYTES) throw new RangeError('a frame is too long');
      const end = start + LENGTH_BYTES + length;
      if (this.#rest.length < end) break;
      const frame = parse(this.#rest.subarray(start + LENGTH_BYTES, end));
      start = end;
      if (frame) yield frame;
    }
    this.#rest = this.#rest.subarray(start);
  }
}

function parse(bytes: Buffer): LiveFrame | undefined {
  const lineEnd = bytes.indexOf(10);
  try {
    const head: unknown = JSON.parse(bytes.toString('utf8', 0, lineEnd));
    if (!Array.isArray(head)) return undefined;
    const [source, connection, receivedAtUs] = head as unknown[];
    if (typeof source !== 'string' || typeof connection !== 'string' || typeof receivedAtUs !== 'number')
      return undefined;
    return { source, connection, receivedAtUs, payload: bytes.subarray(lineEnd + 1) };
  } catch {
    return undefined;
  }
}
