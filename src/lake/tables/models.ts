import type { LakeTable } from '../table.ts';

/** Written by `train` where there is no MLflow. Small: whoever changes a row writes the table anew. */
export const MODELS_TABLE = {
  name: 'models',
  description:
    'Trained models with what they were trained on and how good they are; `model_json` is the model itself.',
  columns: {
    name: 'string',
    version: 'long',
    run: 'string',
    market: 'string',
    symbol: 'string',
    timeframe: 'string',
    target: 'string',
    horizon: 'long',
    /** JSON: Delta version by table. */
    data_versions: 'string',
    recipe_hash: 'string',
    code_version: 'string',
    seed: 'long',
    rows: 'long',
    rmse: 'double',
    mae: 'double',
    directional_accuracy: 'double',
    /** 1 − RMSE / RMSE of "no change" on the same rows; the interval is of 95 %. */
    skill: 'double',
    skill_low: 'double',
    skill_high: 'double',
    since: 'timestamp',
    cut: 'timestamp',
    made_at: 'timestamp',
    /** The champion of a name is the version that was promoted last. */
    promoted_at: 'timestamp',
    /** Folder with its ONNX file, below the table's own. */
    artifact: 'string',
    model_json: 'string',
  },
  partitionBy: [],
  clusterBy: ['symbol', 'made_at'],
  timeColumn: 'made_at',
} as const satisfies LakeTable;
