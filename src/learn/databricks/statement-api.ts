/**
 * SQL on a Databricks warehouse by its Statement Execution API: submit, poll, and read the result chunk by chunk.
 * Source: docs.databricks.com, "Statement Execution API". Never run against the real one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { LakeError, messageOf, systemCodeOf } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';

export interface StatementApiOptions {
  /** `dbc-….cloud.databricks.com`; with `http://` only for a server on this machine. */
  readonly host: string;
  readonly httpPath: string;
  readonly token: string | undefined;
  readonly pollMs?: number;
}

export interface StatementRows {
  readonly columns: readonly string[];
  /** Texts as the warehouse sends them. */
  readonly rows: readonly (readonly (string | null)[])[];
}

interface Answer {
  readonly statement_id?: string;
  readonly status?: {
    readonly state?: string;
    readonly error?: { readonly error_code?: string; readonly message?: string };
  };
  readonly manifest?: { readonly schema?: { readonly columns?: readonly { readonly name?: string }[] } };
  readonly result?: Chunk;
}

interface Chunk {
  readonly data_array?: readonly (readonly (string | null)[])[];
  readonly next_chunk_index?: number;
}

const TIMEOUT_MS = 60_000;
const POLL_MS = 1000;

export class StatementApi {
  readonly #url: string;
  readonly #warehouse: string;
  readonly #token: string;
  readonly #pollMs: number;
  readonly #agent = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });

  /** @throws LakeError CONFIG_INVALID. */
  constructor({ host, httpPath, token, pollMs = POLL_MS }: StatementApiOptions) {
    const isLocal = /^http:\/\/127\.0\.0\.1:\d+$/.test(host);
    const isHost = /^(?:https:\/\/)?[a-z0-9.-]+\/?$/i.test(host) && host !== '';
    if (!isLocal && !isHost) throw notSet('DATABRICKS_SERVER_HOSTNAME');
    const warehouse = /\/warehouses\/([\w-]+)\/?$/.exec(httpPath)?.[1];
    if (warehouse === undefined) throw notSet('DATABRICKS_HTTP_PATH');
    if (token === undefined) throw notSet('DATABRICKS_ACCESS_TOKEN');
    this.#url = isLocal ? host : `https://${host.replace(/^https:\/\//i, '').replace(/\/$/, '')}`;
    this.#warehouse = warehouse;
    this.#token = token;
    this.#pollMs = pollMs;
  }

  /** @throws LakeError DATABRICKS_FAILED; the signal's reason when it was aborted, after the statement was cancelled. */
  async run(statement: string, signal: AbortSignal): Promise<StatementRows> {
    let answer = await this.#call<Answer>('POST', '', {
      statement,
      warehouse_id: this.#warehouse,
      wait_timeout: '30s',
      on_wait_timeout: 'CONTINUE',
      disposition: 'INLINE',
      format: 'JSON_ARRAY',
    });
    const id = encodeURIComponent(answer.statement_id ?? '');
    while (answer.status?.state === 'PENDING' || answer.status?.state === 'RUNNING') {
      await sleep(this.#pollMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) {
        await this.#call('POST', `/${id}/cancel`, {});
        signal.throwIfAborted();
      }
      answer = await this.#call<Answer>('GET', `/${id}`);
    }
    const { state = 'unknown', error } = answer.status ?? {};
    if (state !== 'SUCCEEDED') {
      throw failed(`the statement is ${state}: ${error?.error_code ?? ''} ${error?.message ?? ''}`.trim());
    }
    const rows: (readonly (string | null)[])[] = [];
    let chunk = answer.result;
    while (chunk !== undefined) {
      rows.push(...(chunk.data_array ?? []));
      const { next_chunk_index: next } = chunk;
      if (next === undefined || next === null) break;
      chunk = await this.#call<Chunk>('GET', `/${id}/result/chunks/${next}`);
    }
    return { columns: (answer.manifest?.schema?.columns ?? []).map(({ name = '' }) => name), rows };
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    let status: number;
    let text: string;
    try {
      const answer = await request(`${this.#url}/api/2.0/sql/statements${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
        dispatcher: this.#agent,
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch (error) {
      throw failed(`${this.#url} cannot be reached: ${systemCodeOf(error) ?? messageOf(error)}`, error);
    }
    if (status >= 300) throw failed(`${status}: ${text}`);
    try {
      return JSON.parse(text || '{}') as T;
    } catch (error) {
      throw failed('the answer is not JSON', error);
    }
  }
}

function notSet(name: string): LakeError {
  return new LakeError('CONFIG_INVALID', `\`${name}\` is not set, or is not what Databricks calls it`, {
    hint: 'its three variables stand under "Connection details" of a SQL warehouse',
  });
}

function failed(what: string, cause?: unknown): LakeError {
  return new LakeError('DATABRICKS_FAILED', `Databricks: ${printable(what, 500)}`, {
    hint: 'look at the warehouse and at the token; `crypto-lake databricks check` tries both',
    ...(cause === undefined ? {} : { cause }),
  });
}
