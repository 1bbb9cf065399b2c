/** The folder of a model as MLflow lays it out: whoever has MLflow loads it, and `model.json` is ours. */
import type { Model } from '../model.ts';
import { encodeLinearOnnx } from './onnx-encode.ts';

export type ModelFiles = ReadonlyMap<string, Uint8Array>;

/** What MLflow calls the place and the identity of the model; made up where there is no MLflow. */
export interface ModelPlace {
  readonly modelId: string;
  readonly artifactPath: string;
}

/** The versions of MLflow and ONNX that were tried with these files. */
const MLFLOW_VERSION = '3.17.2';
const ONNX_VERSION = '1.23.2';
const REQUIREMENTS = [`mlflow==${MLFLOW_VERSION}`, `onnx==${ONNX_VERSION}`, 'onnxruntime==1.32.0'];
const PYTHON_VERSION = '3.11.7';

/** @param example one row of inputs. */
export function modelFiles(model: Model, place: ModelPlace, example: readonly number[]): ModelFiles {
  const table = { columns: model.features, data: [example] };
  return new Map([
    ['model.onnx', encodeLinearOnnx(model.coefficients, model.intercept)],
    ['MLmodel', json(mlmodel(model, place))],
    ['input_example.json', json(table)],
    ['serving_input_example.json', json({ dataframe_split: table })],
    ['requirements.txt', text(`${REQUIREMENTS.join('\n')}\n`)],
    ['conda.yaml', json({ name: 'mlflow-env', channels: ['conda-forge'], dependencies: condaPackages() })],
    [
      'python_env.yaml',
      json({ python: PYTHON_VERSION, build_dependencies: ['pip'], dependencies: ['-r requirements.txt'] }),
    ],
    ['model.json', json(model)],
  ]);
}

/** JSON is YAML. Source: MLflow, "Model signature"; mlflow/onnx. */
function mlmodel({ features, madeAtUs, run }: Model, { modelId, artifactPath }: ModelPlace): object {
  const inputs = features.map((name) => ({ type: 'double', name, required: true }));
  const outputs = [{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 1] } }];
  return {
    artifact_path: artifactPath,
    model_id: modelId,
    model_uuid: modelId,
    run_id: run,
    mlflow_version: MLFLOW_VERSION,
    utc_time_created: new Date(madeAtUs / 1000).toISOString().replace('T', ' ').replace('Z', '000'),
    flavors: {
      onnx: {
        data: 'model.onnx',
        onnx_version: ONNX_VERSION,
        providers: ['CPUExecutionProvider'],
        code: null,
      },
      python_function: {
        loader_module: 'mlflow.onnx',
        data: 'model.onnx',
        python_version: PYTHON_VERSION,
        env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
      },
    },
    saved_input_example_info: {
      artifact_path: 'input_example.json',
      serving_input_path: 'serving_input_example.json',
      type: 'dataframe',
      pandas_orient: 'split',
    },
    signature: { inputs: JSON.stringify(inputs), outputs: JSON.stringify(outputs), params: null },
  };
}

function condaPackages(): unknown[] {
  return [`python=${PYTHON_VERSION}`, 'pip', { pip: REQUIREMENTS }];
}

function json(value: unknown): Uint8Array {
  return text(`${JSON.stringify(value, undefined, 1)}\n`);
}

function text(value: string): Uint8Array {
  return Buffer.from(value);
}
