/** A registered version as something that predicts: our own by its `model.json`, others' by ONNX and signature. */
import { LakeError } from '../../base/errors.ts';
import { isTimeframe } from '../../lake/timeframe.ts';
import type { ModelFiles } from '../artifacts/model-files.ts';
import { readLinearOnnx } from '../artifacts/onnx-linear.ts';
import { readSignature } from '../artifacts/read-signature.ts';
import { featuresQuery } from '../data/features-query.ts';
import { PRICE_LAGS } from '../data/prices-query.ts';
import { parseModel } from '../model.ts';
import { type ServedModel, servedModel } from '../served-model.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { objectAt, textAt } from './log-run.ts';
import type { JsonObject, MlflowClient } from './mlflow-client.ts';

export interface ReadModelOptions {
  readonly client: MlflowClient;
  readonly artifacts: ArtifactStore;
  readonly name: string;
  readonly version: string;
}

/** What we log; others log more. */
const FILES = [
  'MLmodel',
  'model.onnx',
  'model.json',
  'input_example.json',
  'serving_input_example.json',
  'requirements.txt',
  'conda.yaml',
  'python_env.yaml',
];

/** @throws LakeError MODEL_UNSUPPORTED, MLFLOW_…. */
export async function readServedModel(options: ReadModelOptions): Promise<ServedModel> {
  const place = await placeOf(options);
  const ours = await options.artifacts.get(`${place}/model.json`);
  if (ours === undefined) return othersModel(options, place);
  return servedModel(parseModel(Buffer.from(ours).toString()), options.version);
}

export async function readModelFiles(options: ReadModelOptions): Promise<ModelFiles> {
  const place = await placeOf(options);
  const files = new Map<string, Uint8Array>();
  for (const name of FILES) {
    const bytes = await options.artifacts.get(`${place}/${name}`);
    if (bytes !== undefined) files.set(name, bytes);
  }
  return files;
}

/** The folder of a version's files; the server may answer with the id of a logged model instead. */
async function placeOf({ client, name, version }: ReadModelOptions): Promise<string> {
  const answer = await client.get('model-versions/get-download-uri', { name, version });
  const uri = textAt(answer, 'artifact_uri').replace(/\/+$/, '');
  const modelId = /^models:\/(m-\w+)$/.exec(uri)?.[1];
  if (modelId === undefined) return uri;
  const logged = objectAt(await client.get(`logged-models/${modelId}`), 'model');
  return textAt(objectAt(logged, 'info'), 'artifact_uri').replace(/\/+$/, '');
}

async function othersModel(
  { client, artifacts, name, version }: ReadModelOptions,
  place: string,
): Promise<ServedModel> {
  const onnx = await artifacts.get(`${place}/model.onnx`);
  const mlmodel = await artifacts.get(`${place}/MLmodel`);
  if (onnx === undefined || mlmodel === undefined) throw unsupported(name, version, 'it has no `model.onnx`');
  const facts = factsOf(
    name,
    objectAt(await client.get('model-versions/get', { name, version }), 'model_version'),
  );
  if (facts === undefined) {
    throw unsupported(name, version, 'neither its name nor its tags say what it predicts');
  }
  const features = readSignature(mlmodel);
  const source = features.some((feature) => feature.includes('_t-')) ? 'prices' : 'features';
  const known = source === 'prices' ? PRICE_LAGS : featuresQuery(facts.timeframe).featureNames;
  const unknown = features.find((feature) => !known.includes(feature));
  if (unknown !== undefined) throw unsupported(name, version, `there is no feature \`${unknown}\``);
  const { coefficients, intercept, inputNames } = readLinearOnnx(onnx, features.length);
  const isByName = inputNames.length > 1 && inputNames.every((input) => features.includes(input));
  return {
    ...facts,
    name,
    version,
    source,
    features: isByName ? inputNames : features,
    coefficients,
    intercept,
    errorInterval: undefined,
    skill: null,
    model: undefined,
  };
}

type Facts = Pick<ServedModel, 'run' | 'instrument' | 'timeframe' | 'target' | 'horizon'>;

/** By tags of the version, else by a name such as ours: `usdm.BTCUSDT.1m.next-price.1`. */
function factsOf(name: string, version: JsonObject): Facts | undefined {
  const tags = new Map(
    ((version.tags ?? []) as readonly { key?: unknown; value?: unknown }[]).map(({ key, value }) => [
      key,
      String(value),
    ]),
  );
  const [, market, symbol, timeframe, target, horizon] =
    /^(?:([a-z0-9]+)\.)?(.+)\.(\d+[mhd])\.(next-price|return)\.(\d+)$/u.exec(name) ?? [];
  const facts = {
    market: tags.get('market') ?? market ?? 'spot',
    symbol: tags.get('symbol') ?? symbol,
    timeframe: tags.get('timeframe') ?? timeframe ?? '',
    target: tags.get('target') ?? target,
    horizon: Number(tags.get('horizon') ?? horizon ?? 1),
  };
  const isTarget = facts.target === 'next-price' || facts.target === 'return';
  if (facts.symbol === undefined || !isTimeframe(facts.timeframe) || !isTarget) return undefined;
  if (!Number.isInteger(facts.horizon) || facts.horizon < 1) return undefined;
  return {
    run: typeof version.run_id === 'string' ? version.run_id : '',
    instrument: { market: facts.market, symbol: facts.symbol },
    timeframe: facts.timeframe,
    target: facts.target === 'return' ? 'return' : 'next-price',
    horizon: facts.horizon,
  };
}

function unsupported(name: string, version: string, reason: string): LakeError {
  return new LakeError('MODEL_UNSUPPORTED', `version ${version} of \`${name}\` cannot be served: ${reason}`, {
    hint: 'served are our own models, and linear ONNX models with the names of our features',
  });
}
