/** Floods one connection: writes as long as its socket takes more, and never faster than asked for. */

import type { FloodRecord } from '../truth/flood-record.ts';
import type { ClientSocket } from './client-socket.ts';
import type { FloodFrames } from './flood-frames.ts';

const CHUNK_BYTES = 64 * 1024;
/** How long to wait when nothing may be sent at the moment. */
const PAUSE_MS = 2;

export interface FloodPumpOptions {
  readonly frames: FloodFrames;
  readonly record: FloodRecord;
  /** Infinity: as fast as the client reads. */
  readonly framesPerSecond: number;
  readonly maxOrders: number;
  readonly isFed: () => boolean;
  readonly signal: AbortSignal;
}

/** Writes whole WebSocket frames straight to the connection's TCP socket, which other frames share. */
export function startFloodPump(client: ClientSocket, options: FloodPumpOptions): void {
  const { frames, record, framesPerSecond, maxOrders, isFed, signal } = options;
  const first = record.begin(client.id);
  const framesAChunk = Math.floor(CHUNK_BYTES / frames.maxFrameBytes);
  let sent = 0;
  let lastMs = performance.now();
  let allowance = 0;

  const pump = (): void => {
    if (signal.aborted || client.tcp.destroyed) return;
    const nowMs = performance.now();
    // A pause earns no catching up: the exchange does not send later what a silent socket missed.
    if (isFed()) allowance += ((nowMs - lastMs) / 1000) * framesPerSecond;
    lastMs = nowMs;
    const count = isFed() ? Math.floor(Math.min(framesAChunk, allowance, maxOrders - sent)) : 0;
    if (count === 0) {
      if (sent < maxOrders) setTimeout(pump, PAUSE_MS);
      return;
    }
    const chunk = Buffer.allocUnsafe(count * frames.maxFrameBytes);
    let end = 0;
    for (let index = 0; index < count; index++) {
      end = frames.write(first + sent + index, client.route.isCombined, chunk, end);
    }
    sent += count;
    allowance -= count;
    const wantsMore = client.tcp.write(chunk.subarray(0, end));
    record.sent(client.id, first + sent);
    if (wantsMore) setImmediate(pump);
    else client.tcp.once('drain', pump);
  };
  pump();
}
