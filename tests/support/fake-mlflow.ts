/**
 * As much of MLflow's REST interface as a training uses, with the answers that 3.17.2 was seen to give. It can be made to
 * drop the connection at the n-th call, before or after it was carried out.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface FakeRun {
  readonly run_id: string;
  status: string;
  readonly start_time: number;
  readonly calls: string[];
}

type Body = Readonly<Record<string, never>> & Record<string, unknown>;

export class FakeMlflow {
  url = '';
  readonly calls: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly runs = new Map<string, FakeRun>();
  readonly artifacts = new Map<string, Buffer>();
  readonly versions: { name: string; version: string; source: string; run_id: string; tags: unknown }[] = [];
  readonly aliases = new Map<string, string>();
  readonly ready = new Set<string>();
  readonly names = new Set<string>();
  artifactLocation = 'mlflow-artifacts:/1';
  /** Calls from now on until the connection is dropped; undefined for never. */
  dropAt: { readonly call: number; readonly isCarriedOut: boolean } | undefined;
  #hasExperiment = false;

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
        this.headers.push(request.headers);
        const drop = this.dropAt !== undefined && this.calls.length === this.dropAt.call;
        if (drop && this.dropAt?.isCarriedOut === false) return request.socket.destroy();
        const answer = this.#answer(request.method ?? '', pathname, searchParams, body);
        this.calls.push(`${request.method} ${pathname.replace(/^\/api\/2\.0\/(mlflow\/)?/, '')}`);
        if (drop) return request.socket.destroy();
        response.statusCode = answer.status;
        response.end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  #answer(method: string, path: string, query: URLSearchParams, bytes: Buffer) {
    const file = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/(.*)$/.exec(path)?.[1];
    if (file !== undefined) {
      if (method === 'PUT') this.artifacts.set(decodeURIComponent(file), bytes);
      const found = this.artifacts.get(decodeURIComponent(file));
      return found ? { status: 200, body: method === 'PUT' ? '{}' : found } : { status: 404, body: '{}' };
    }
    const body = (bytes.length > 0 ? JSON.parse(bytes.toString()) : {}) as Body;
    const result = this.#call(path.replace('/api/2.0/mlflow/', ''), body, query);
    if (typeof result === 'string')
      return {
        status: result === 'RESOURCE_DOES_NOT_EXIST' ? 404 : 400,
        body: JSON.stringify({ error_code: result, message: path }),
      };
    return { status: 200, body: JSON.stringify(result) };
  }

  #call(call: string, body: Record<string, unknown>, query: URLSearchParams): object | string {
    const run = this.runs.get(String(body.run_id));
    run?.calls.push(call);
    switch (call) {
      case 'experiments/get-by-name':
        if (!this.#hasExperiment) return 'RESOURCE_DOES_NOT_EXIST';
        return {
          experiment: {
            experiment_id: '1',
            artifact_location: this.artifactLocation,
            name: query.get('experiment_name'),
          },
        };
      case 'experiments/create':
        if (this.#hasExperiment) return 'RESOURCE_ALREADY_EXISTS';
        this.#hasExperiment = true;
        return { experiment_id: '1' };
      case 'runs/search': {
        const before = Number(/start_time < (\d+)/.exec(String(body.filter))?.[1]);
        const found = [...this.runs.values()].filter(
          (one) => one.status === 'RUNNING' && one.start_time < before,
        );
        return { runs: found.map(({ run_id, status }) => ({ info: { run_id, status } })) };
      }
      case 'runs/create': {
        const run_id = `run${this.runs.size + 1}`;
        this.runs.set(run_id, { run_id, status: 'RUNNING', start_time: Number(body.start_time), calls: [] });
        return { run: { info: { run_id } } };
      }
      case 'runs/update':
        if (run) run.status = String(body.status);
        return { run_info: {} };
      case 'runs/log-batch':
      case 'runs/log-inputs':
      case 'runs/outputs':
        return {};
      case 'logged-models': {
        const model_id = `m-${this.runs.size}x${this.calls.length}`;
        return {
          model: { info: { model_id, artifact_uri: `mlflow-artifacts:/1/models/${model_id}/artifacts` } },
        };
      }
      case 'registered-models/create':
        if (this.names.has(String(body.name))) return 'RESOURCE_ALREADY_EXISTS';
        this.names.add(String(body.name));
        return {};
      case 'registered-models/search':
        return {
          registered_models: [...this.names].map((name) => ({
            name,
            aliases: this.aliases.has(name) ? [{ alias: 'champion', version: this.aliases.get(name) }] : [],
          })),
        };
      case 'registered-models/alias':
        this.aliases.set(String(body.name), String(body.version));
        return {};
      case 'model-versions/create': {
        const version = String(this.versions.filter(({ name }) => name === body.name).length + 1);
        const made = {
          name: String(body.name),
          version,
          source: String(body.source),
          run_id: String(body.run_id),
          tags: body.tags,
        };
        this.versions.push(made);
        return { model_version: made };
      }
      case 'model-versions/search':
        return { model_versions: this.versions };
      case 'model-versions/get-download-uri':
        return this.#version(query, ({ source }) => ({ artifact_uri: source }));
      case 'model-versions/get':
        return this.#version(query, (found) => ({ model_version: found }));
      default: {
        const modelId = /^logged-models\/(m-\w+)$/.exec(call)?.[1];
        if (modelId === undefined) return 'ENDPOINT_NOT_FOUND';
        if (body.status === 'LOGGED_MODEL_READY') this.ready.add(modelId);
        return {
          model: {
            info: { model_id: modelId, artifact_uri: `mlflow-artifacts:/1/models/${modelId}/artifacts` },
          },
        };
      }
    }
  }

  #version(
    query: URLSearchParams,
    answer: (found: FakeMlflow['versions'][number]) => object,
  ): object | string {
    const found = this.versions.find(
      ({ name, version }) => name === query.get('name') && version === query.get('version'),
    );
    return found ? answer(found) : 'RESOURCE_DOES_NOT_EXIST';
  }
}
