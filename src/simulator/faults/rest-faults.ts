/** Bodies that break off, crawl, or never end. */
import type { ServerResponse } from 'node:http';
import type { FaultBoard } from './fault-board.ts';

const SLOW_STEP_MS = 50;
const ENDLESS_CHUNK = Buffer.from(`${'{"symbol":"ENDLESSUSDT"},'.repeat(400)}\n`);

/** @returns false when no fault holds: nothing was sent */
export function sendBadly(response: ServerResponse, path: string, body: Buffer, faults: FaultBoard): boolean {
  if (faults.onRequest('truncated-body', path)) {
    response.setHeader('content-length', String(body.length));
    response.write(body.subarray(0, body.length >> 1), () => response.socket?.destroy());
    return true;
  }
  const slow = faults.onRequest('slow-body', path);
  if (slow !== undefined) {
    response.setHeader('content-length', String(body.length));
    crawl(response, body, Math.max(1, Math.round((slow.bytesPerSecond * SLOW_STEP_MS) / 1000)));
    return true;
  }
  if (faults.onRequest('endless-body', path)) {
    response.write('[');
    pourForEver(response);
    return true;
  }
  return false;
}

function crawl(response: ServerResponse, body: Buffer, stepBytes: number): void {
  let offset = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(offset, offset + stepBytes));
    offset += stepBytes;
    if (offset < body.length) return;
    clearInterval(timer);
    response.end();
  }, SLOW_STEP_MS);
  response.on('close', () => clearInterval(timer));
}

function pourForEver(response: ServerResponse): void {
  const pour = (): void => {
    if (response.destroyed) return;
    if (response.write(ENDLESS_CHUNK)) setImmediate(pour);
    else response.once('drain', pour);
  };
  pour();
}
