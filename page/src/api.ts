/** The API of `serve`, as the page asks it. Every answer of a list names its versions; the page never asks for less. */
import { token } from './token.ts';

export interface Hole {
  readonly from: string;
  readonly to: string;
  readonly reason?: string | null;
}

export interface ListAnswer<Row> {
  readonly data: readonly Row[];
  readonly next: string | null;
  readonly data_version: Readonly<Record<string, number>>;
  readonly as_of: string | null;
  readonly complete_until: string | null;
  readonly holes: readonly Hole[];
  readonly truncated: boolean;
}

export type Row = Readonly<Record<string, unknown>>;

/** A problem document of the API (RFC 9457), or the network's own failure. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;

  constructor(status: number, message: string, code: string, hint: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

export type Parameters = Readonly<Record<string, string | number | undefined>>;

export function addressOf(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** @throws ApiError */
export async function get<Answer>(
  path: string,
  parameters?: Parameters,
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await send(addressOf(path, parameters), { signal: signal ?? null });
  return (await response.json()) as Answer;
}

/** @throws ApiError */
export async function post(
  path: string,
  body: unknown,
  init: { signal?: AbortSignal; accept?: string } = {},
): Promise<Response> {
  return send(path, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: init.signal ?? null,
    headers: { 'content-type': 'application/json', accept: init.accept ?? 'application/json' },
  });
}

async function send(address: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers ?? { accept: 'application/json' });
  const known = token.get();
  if (known !== undefined) headers.set('authorization', `Bearer ${known}`);
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'the server does not answer', 'UNREACHABLE', 'is `crypto-lake serve` running?');
  }
  if (response.ok) return response;
  // A wrong password is no token that has ended: the form stays, and says so.
  if (response.status === 401 && address !== '/auth/token') token.forget();
  throw await problemOf(response);
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Row;
  const text = (name: string, fallback: string) =>
    typeof problem[name] === 'string' ? (problem[name] as string) : fallback;
  const message = text('detail', text('title', `the server answered ${response.status}`));
  return new ApiError(response.status, message, text('code', ''), text('hint', ''));
}
