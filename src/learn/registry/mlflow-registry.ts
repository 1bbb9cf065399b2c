/** Models in MLflow: each training a run, each model a registered version, the champion an alias. */
import { LakeError } from '../../base/errors.ts';
import type { ModelFiles } from '../artifacts/model-files.ts';
import { type ArtifactStore, openArtifactStore } from '../mlflow/artifact-store.ts';
import { logRun, objectAt, RUN_TAG, textAt } from '../mlflow/log-run.ts';
import { type JsonObject, type MlflowClient, MlflowRefusal } from '../mlflow/mlflow-client.ts';
import { readModelFiles, readServedModel } from '../mlflow/read-model.ts';
import { servedModel } from '../served-model.ts';
import type { Trained } from '../train-model.ts';
import type { ModelRegistry, RegisteredModel } from './model-registry.ts';
import { noModel } from './no-model.ts';
import { pinRun, unpinRun } from './pin-run.ts';

export interface MlflowRegistryOptions {
  readonly lake: string;
  readonly client: MlflowClient;
  readonly experiment: string;
  readonly s3Endpoint: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nowMs?: () => number;
}

/** A run of ours says RUNNING between two calls only: an older one was left by a process that was killed there. */
const RUNNING_MS = 60_000;
/** Models that are read at once. */
const PARALLEL = 8;

export class MlflowRegistry implements ModelRegistry {
  readonly #options: MlflowRegistryOptions;
  readonly #artifacts: ArtifactStore;
  #experimentId: string | undefined;

  constructor(options: MlflowRegistryOptions) {
    this.#options = options;
    this.#artifacts = openArtifactStore(options);
  }

  get place(): string {
    return `MLflow at ${this.#options.client.url}`;
  }

  get #client(): MlflowClient {
    return this.#options.client;
  }

  #nowMs = (): number => (this.#options.nowMs ?? Date.now)();

  async check(): Promise<void> {
    const experiment = await this.#experiment();
    this.#artifacts.check(textAt(experiment, 'artifact_location'));
    this.#experimentId = textAt(experiment, 'experiment_id');
    const { runs = [] } = (await this.#client.post('runs/search', {
      experiment_ids: [this.#experimentId],
      filter: `attributes.status = 'RUNNING' and attributes.start_time < ${this.#nowMs() - RUNNING_MS} and tags.\`${RUN_TAG}\` != ''`,
      max_results: 100,
    })) as { runs?: readonly JsonObject[] };
    for (const run of runs) {
      const run_id = textAt(objectAt(run, 'info'), 'run_id');
      await this.#client.post('runs/update', { run_id, status: 'FAILED', end_time: this.#nowMs() });
    }
  }

  async list(): Promise<readonly RegisteredModel[]> {
    const champions = await this.#champions();
    const found = await this.#pages('model-versions/search', 'model_versions');
    const versions = found.map((one) => ({ name: textAt(one, 'name'), version: textAt(one, 'version') }));
    const models: RegisteredModel[] = [];
    for (let index = 0; index < versions.length; index += PARALLEL) {
      const read = versions.slice(index, index + PARALLEL).map(async ({ name, version }) => {
        try {
          return [await this.#read(name, version, champions.get(name) === version)];
        } catch (error) {
          // Others keep what they like there.
          if (error instanceof LakeError && error.code === 'MODEL_UNSUPPORTED') return [];
          throw error;
        }
      });
      models.push(...(await Promise.all(read)).flat());
    }
    return models.sort((a, b) => (b.model?.madeAtUs ?? 0) - (a.model?.madeAtUs ?? 0));
  }

  async champions(accept: (name: string) => boolean): Promise<readonly RegisteredModel[]> {
    const wanted = [...(await this.#champions())].filter(([name]) => accept(name));
    const read = await Promise.allSettled(wanted.map(([name, version]) => this.#read(name, version, true)));
    const models = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    // Others keep what they like there; it is refused where it alone is what was asked for.
    const failure = read.find(
      (one) =>
        one.status === 'rejected' &&
        (models.length === 0 ||
          !(one.reason instanceof LakeError && one.reason.code === 'MODEL_UNSUPPORTED')),
    );
    if (failure?.status === 'rejected') throw failure.reason;
    return models.sort((a, b) => (b.model?.madeAtUs ?? 0) - (a.model?.madeAtUs ?? 0));
  }

  async champion(name: string): Promise<RegisteredModel | undefined> {
    const [champion] = await this.champions((other) => other === name);
    return champion;
  }

  async find(name: string, version: string): Promise<RegisteredModel> {
    return this.#read(name, version, (await this.#champions()).get(name) === version);
  }

  async register(trained: Trained, promote: boolean): Promise<RegisteredModel> {
    const { lake } = this.#options;
    const experimentId = this.#experimentId ?? textAt(await this.#experiment(), 'experiment_id');
    const { model, version } = await logRun({
      client: this.#client,
      artifacts: this.#artifacts,
      experimentId,
      trained,
      promote,
      lake,
      nowMs: this.#nowMs,
      onRun: (run) => pinRun(lake, run, trained.model.dataVersions),
    });
    return { ...servedModel(model, version), isChampion: promote };
  }

  async promote(name: string, version: string): Promise<void> {
    await this.find(name, version);
    await this.#client.post('registered-models/alias', { name, alias: 'champion', version });
  }

  async remove(name: string, version: string): Promise<void> {
    const { model, run } = await this.find(name, version);
    await this.#client.delete('model-versions/delete', { name, version });
    await unpinRun(this.#options.lake, run, model?.dataVersions ?? {});
  }

  async files(name: string, version: string): Promise<ModelFiles> {
    return readModelFiles({ client: this.#client, artifacts: this.#artifacts, name, version });
  }

  async #read(name: string, version: string, isChampion: boolean): Promise<RegisteredModel> {
    try {
      const served = await readServedModel({
        client: this.#client,
        artifacts: this.#artifacts,
        name,
        version,
      });
      return { ...served, isChampion };
    } catch (error) {
      if (error instanceof MlflowRefusal && error.errorCode === 'RESOURCE_DOES_NOT_EXIST')
        throw noModel(`\`${name}\` version ${version}`, this.place);
      throw error;
    }
  }

  /** Version by name. */
  async #champions(): Promise<ReadonlyMap<string, string>> {
    const found = await this.#pages('registered-models/search', 'registered_models');
    return new Map(
      found.flatMap((one) => {
        const aliases = (one.aliases ?? []) as readonly { alias?: unknown; version?: unknown }[];
        const champion = aliases.find(({ alias }) => alias === 'champion');
        return champion === undefined ? [] : [[textAt(one, 'name'), String(champion.version)] as const];
      }),
    );
  }

  async #pages(call: string, key: string): Promise<JsonObject[]> {
    const all: JsonObject[] = [];
    for (let token: unknown = ''; ; ) {
      const query = { max_results: '100', ...(token ? { page_token: String(token) } : {}) };
      const page = await this.#client.get(call, query);
      all.push(...((page[key] ?? []) as readonly JsonObject[]));
      token = page.next_page_token;
      if (!token) return all;
    }
  }

  /** Made when it is not there; a race of two leaves one. */
  async #experiment(): Promise<JsonObject> {
    const query = { experiment_name: this.#options.experiment };
    const byName = async () =>
      objectAt(await this.#client.get('experiments/get-by-name', query), 'experiment');
    try {
      return await byName();
    } catch (error) {
      if (!(error instanceof MlflowRefusal) || error.errorCode !== 'RESOURCE_DOES_NOT_EXIST') throw error;
    }
    await this.#client
      .post('experiments/create', { name: this.#options.experiment })
      .catch((error: unknown) => {
        if (!(error instanceof MlflowRefusal) || error.errorCode !== 'RESOURCE_ALREADY_EXISTS') throw error;
      });
    return byName();
  }
}
