/**
 * Logs a trained model as a run with a registered version. The run says FAILED from its second call on and FINISHED only
 * with the last, so that a crash between any two leaves no run that looks whole; a repeat makes a new one.
 */
import type { ModelFiles } from '../artifacts/model-files.ts';
import { modelFiles } from '../artifacts/model-files.ts';
import type { Model } from '../model.ts';
import type { Trained } from '../train-model.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { type JsonObject, type MlflowClient, MlflowRefusal } from './mlflow-client.ts';
import { inputsOf, metricsOf, paramsOf } from './run-facts.ts';

export interface LogRunOptions {
  readonly client: MlflowClient;
  readonly artifacts: ArtifactStore;
  readonly experimentId: string;
  readonly trained: Trained;
  readonly promote: boolean;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Where the lake is, for the data set's address. */
  readonly lake: string;
  /** Called with the run's id before anything is registered. */
  readonly onRun: (run: string) => Promise<void>;
}

/** Whose run is not whole can be seen by this tag. */
export const RUN_TAG = 'crypto_lake.model';

export interface LoggedRun {
  readonly model: Model;
  readonly version: string;
  readonly files: ModelFiles;
}

/** @throws LakeError MLFLOW_UNREACHABLE, MLFLOW_REFUSED. */
export async function logRun({
  client,
  artifacts,
  experimentId,
  trained,
  promote,
  nowMs,
  lake,
  onRun,
}: LogRunOptions): Promise<LoggedRun> {
  const { name } = trained.model;
  const startMs = nowMs();
  const runName = `${name} ${new Date(startMs).toISOString().slice(0, 19)}`;
  const created = await client.post('runs/create', {
    experiment_id: experimentId,
    run_name: runName,
    start_time: startMs,
    tags: [
      { key: RUN_TAG, value: name },
      { key: 'mlflow.source.name', value: `crypto-lake ${trained.model.codeVersion}` },
      { key: 'mlflow.source.type', value: 'LOCAL' },
    ],
  });
  const info = objectAt(objectAt(created, 'run'), 'info');
  const runId = textAt(info, 'run_id');
  await client.post('runs/update', { run_id: runId, status: 'FAILED', end_time: nowMs() });
  await onRun(runId);
  const model: Model = { ...trained.model, run: runId };
  await client.post('runs/log-inputs', { run_id: runId, datasets: inputsOf(model, lake) });
  const logged = objectAt(
    await client.post('logged-models', {
      experiment_id: experimentId,
      name: 'model',
      source_run_id: runId,
      params: paramsOf(model),
      tags: [{ key: RUN_TAG, value: name }],
    }),
    'model',
  );
  const loggedInfo = objectAt(logged, 'info');
  const modelId = textAt(loggedInfo, 'model_id');
  const artifactUri = textAt(loggedInfo, 'artifact_uri');
  const metrics = metricsOf(model).map((metric) => ({ ...metric, timestamp: nowMs(), step: 0 }));
  await client.post('runs/log-batch', {
    run_id: runId,
    params: paramsOf(model),
    metrics: metrics.map((metric) => ({ ...metric, model_id: modelId })),
    tags: [{ key: 'crypto_lake.recipe_hash', value: model.recipeHash }],
  });
  const files = modelFiles(model, { modelId, artifactPath: artifactUri }, trained.example);
  for (const [file, bytes] of files) await artifacts.put(`${artifactUri}/${file}`, bytes);
  await client.patch(`logged-models/${modelId}`, { model_id: modelId, status: 'LOGGED_MODEL_READY' });
  await client.post('runs/outputs', { run_id: runId, models: [{ model_id: modelId, step: 0 }] });
  await unlessExists(client.post('registered-models/create', { name }));
  const registered = await client.post('model-versions/create', {
    name,
    source: `models:/${modelId}`,
    run_id: runId,
    model_id: modelId,
    tags: [{ key: 'crypto_lake.skill', value: String(model.score.skill) }],
  });
  const version = textAt(objectAt(registered, 'model_version'), 'version');
  if (promote) await client.post('registered-models/alias', { name, alias: 'champion', version });
  await client.post('runs/update', { run_id: runId, status: 'FINISHED', end_time: nowMs() });
  return { model, version, files };
}

/** Two trainings may make the name at once. */
async function unlessExists(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof MlflowRefusal) || error.errorCode !== 'RESOURCE_ALREADY_EXISTS') throw error;
  }
}

export function objectAt(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  if (typeof found === 'object' && found !== null) return found as JsonObject;
  throw new MlflowRefusal(key, 200, '', `the answer has no \`${key}\``);
}

export function textAt(value: JsonObject, key: string): string {
  const found = value[key];
  if (typeof found === 'string' && found !== '') return found;
  throw new MlflowRefusal(key, 200, '', `the answer has no \`${key}\``);
}
