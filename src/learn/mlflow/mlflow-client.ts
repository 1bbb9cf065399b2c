/** The REST interface of an MLflow tracking server. Source: mlflow.org, "REST API"; tried with 3.17.2. */
import { Agent, type Dispatcher, request } from 'undici';
import { LakeError, messageOf, systemCodeOf } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';

export interface MlflowClientOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The server's own word for what it refused. */
export class MlflowRefusal extends LakeError {
  readonly errorCode: string;

  constructor(call: string, status: number, errorCode: string, message: string) {
    super('MLFLOW_REFUSED', `MLflow refused \`${call}\`: ${status} ${errorCode} ${message}`.trim(), {
      hint:
        status === 401 || status === 403
          ? 'look at `MLFLOW_TRACKING_TOKEN`, or name and password'
          : 'look at the log of the MLflow server',
    });
    this.errorCode = errorCode;
  }
}

const TIMEOUT_MS = 20_000;
const MAX_MESSAGE_CHARS = 300;

export class MlflowClient {
  readonly #options: MlflowClientOptions;
  readonly #agent = new Agent({
    connect: { timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });

  constructor(options: MlflowClientOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  /** @param call for example `runs/create`. @throws LakeError MLFLOW_UNREACHABLE, MLFLOW_REFUSED. */
  async post(call: string, body: JsonObject): Promise<JsonObject> {
    return this.#json('POST', call, body);
  }

  async patch(call: string, body: JsonObject): Promise<JsonObject> {
    return this.#json('PATCH', call, body);
  }

  async delete(call: string, body: JsonObject): Promise<JsonObject> {
    return this.#json('DELETE', call, body);
  }

  async get(call: string, query: Readonly<Record<string, string>> = {}): Promise<JsonObject> {
    const search = new URLSearchParams(query).toString();
    return this.#json('GET', search === '' ? call : `${call}?${search}`, undefined);
  }

  /** Of the artifacts that the server itself hands out. @returns undefined when there is none. */
  async readArtifact(path: string): Promise<Uint8Array | undefined> {
    const answer = await this.#send('GET', artifactPath(path), {});
    const body = await bytesOf(answer);
    if (answer.statusCode === 404) return undefined;
    if (answer.statusCode >= 300) throw refusal('the artifact', answer.statusCode, body);
    return body;
  }

  async writeArtifact(path: string, body: Uint8Array): Promise<void> {
    const answer = await this.#send(
      'PUT',
      artifactPath(path),
      { 'content-type': 'application/octet-stream' },
      body,
    );
    const text = await bytesOf(answer);
    if (answer.statusCode >= 300) throw refusal('the artifact', answer.statusCode, text);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #json(
    method: Dispatcher.HttpMethod,
    call: string,
    body: JsonObject | undefined,
  ): Promise<JsonObject> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answer = await this.#send(method, `/api/2.0/mlflow/${call}`, headers, bytes);
    const text = await bytesOf(answer);
    const name = call.split('?')[0] ?? call;
    if (answer.statusCode >= 300) throw refusal(name, answer.statusCode, text);
    const value = parsed(text);
    if (value === undefined) throw new MlflowRefusal(name, answer.statusCode, '', 'the answer is not JSON');
    return value;
  }

  async #send(
    method: Dispatcher.HttpMethod,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await request(`${this.#options.url}${path}`, {
        method,
        headers: { ...headers, ...this.#authorization() },
        body: body ?? null,
        dispatcher: this.#agent,
      });
    } catch (error) {
      const reason = systemCodeOf(error) ?? messageOf(error);
      throw new LakeError(
        'MLFLOW_UNREACHABLE',
        `the MLflow server ${this.url} cannot be reached: ${reason}`,
        {
          hint: 'start it, look at `MLFLOW_TRACKING_URI`, or unset that to keep models in the lake',
          cause: error,
        },
      );
    }
  }

  #authorization(): Readonly<Record<string, string>> {
    const { token, username, password } = this.#options;
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    if (username === undefined) return {};
    return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
  }
}

function artifactPath(path: string): string {
  const parts = path.split('/').filter(Boolean).map(encodeURIComponent);
  return `/api/2.0/mlflow-artifacts/artifacts/${parts.join('/')}`;
}

async function bytesOf(answer: Dispatcher.ResponseData): Promise<Uint8Array> {
  return new Uint8Array(await answer.body.arrayBuffer());
}

function refusal(call: string, status: number, body: Uint8Array): MlflowRefusal {
  const { error_code: code, message } = parsed(body) ?? {};
  const text = typeof message === 'string' ? message : Buffer.from(body).toString();
  return new MlflowRefusal(
    call,
    status,
    typeof code === 'string' ? code : '',
    printable(text, MAX_MESSAGE_CHARS),
  );
}

function parsed(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString() || '{}');
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
