/** Why a connection could not be made or ended, in words that a person can act on. */
import { messageOf, systemCodeOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

const MAX_CHARS = 200;

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name of the exchange cannot be resolved',
  EAI_AGAIN: 'the name of the exchange cannot be resolved',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  ENETUNREACH: 'the network cannot be reached',
  EHOSTUNREACH: 'the host cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped in the middle',
  UND_ERR_SOCKET: 'the connection ended in the middle of the answer',
};

const TLS_CODE = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/;

/** @param error of a socket, a handshake or a request. */
export function networkReason(error: unknown): string {
  const code = systemCodeOf(error) ?? systemCodeOf((error as Error | undefined)?.cause);
  if (code !== undefined && REASONS[code] !== undefined) return REASONS[code];
  if (code !== undefined && TLS_CODE.test(code)) return `the secure connection failed (${code})`;
  if (code?.startsWith('WS_ERR_')) return `the exchange broke the WebSocket protocol (${code})`;
  return printable(messageOf(error), MAX_CHARS) || code || 'unknown';
}

/** @param code WebSocket close code; 1006 means that no closing handshake came. */
export function closeReason(code: number, text: string): string {
  if (code === 1006) return 'the connection was lost without a closing handshake (1006)';
  const said = printable(text, 100);
  return `closed by the server with ${code}${said ? ` (${said})` : ''}`;
}
