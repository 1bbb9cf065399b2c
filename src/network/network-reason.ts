/** Why a connection could not be made or ended, in words that a person can act on. */
import { messageOf, systemCodeOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

const MAX_CHARS = 200;

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name cannot be resolved',
  EAI_AGAIN: 'the host name cannot be resolved',
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

/** Certificates that are not trusted: mostly a proxy of the company or of a virus scanner that opens TLS. */
const DISTRUST_CODE = /^(?:CERT_(?!HAS_EXPIRED)|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/;

/** What to do, where it is not the network itself; undefined where it may be. */
export function networkHint(error: unknown): string | undefined {
  if (DISTRUST_CODE.test(codeOf(error) ?? ''))
    return 'if a proxy opens TLS here, name a file with its certificate authority in `NODE_EXTRA_CA_CERTS`';
  if (proxyRefusal(error) !== '407') return undefined;
  return 'write name and password into the address of the proxy: `HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT`';
}

/** The status with which a proxy refused, as undici words it. */
function proxyRefusal(error: unknown): string | undefined {
  return /^Proxy (?:response|Authentication Required) \((\d+)\)/.exec(messageOf(error))?.[1];
}

/** @param error of a socket, a handshake or a request. */
export function networkReason(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined && REASONS[code] !== undefined) return REASONS[code];
  if (code !== undefined && TLS_CODE.test(code)) return `the secure connection failed (${code})`;
  const refusal = proxyRefusal(error);
  if (refusal !== undefined) return `the proxy refused it with ${refusal}`;
  if (code?.startsWith('WS_ERR_')) return `the exchange broke the WebSocket protocol (${code})`;
  return printable(messageOf(error), MAX_CHARS) || code || 'unknown';
}

function codeOf(error: unknown): string | undefined {
  return systemCodeOf(error) ?? systemCodeOf((error as Error | undefined)?.cause);
}

/** @param code WebSocket close code; 1006 means that no closing handshake came. */
export function closeReason(code: number, text: string): string {
  if (code === 1006) return 'the connection was lost without a closing handshake (1006)';
  const said = printable(text, 100);
  return `closed by the server with ${code}${said ? ` (${said})` : ''}`;
}
