/** WebSocket handshakes that are refused or never answered. */
import type { Duplex } from 'node:stream';
import { refusal } from '../rest/refusal.ts';
import type { FaultBoard } from './fault-board.ts';

/** @returns the status of the refusal, 0 for a handshake left hanging, undefined when nothing stands in the way */
export function refuseUpgrade(
  url: string,
  socket: Duplex,
  faults: FaultBoard,
  nowMs: number,
): number | undefined {
  socket.on('error', () => socket.destroy());
  if (faults.anywhere('hanging-handshake')) return 0;
  const fault = faults.onRequest('http-status', url);
  if (fault === undefined || fault.on === 'rest') return undefined;
  const { status, retryAfterSeconds, body: given } = fault;
  const untilMs = retryAfterSeconds === undefined ? undefined : nowMs + retryAfterSeconds * 1000;
  const { contentType, body } = refusal(status, retryAfterSeconds, untilMs, given);
  const lines = [
    `HTTP/1.1 ${status} Refused`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  return status;
}
