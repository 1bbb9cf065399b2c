/** Where models go beside the lake: MLflow, Databricks. */
import type { Setting } from '../base/setting.ts';

export const MODEL_REGISTRY_SETTINGS = {
  mlflowTrackingUri: {
    env: 'MLFLOW_TRACKING_URI',
    kind: 'optionalUrl',
    fallback: '',
    description: 'address of an MLflow server that keeps the models; without it, the lake does',
  },
  mlflowExperiment: {
    env: 'MLFLOW_EXPERIMENT_NAME',
    kind: 'text',
    fallback: 'bitcoin_prediction_s3',
    description: 'experiment that runs of `train` belong to',
  },
  mlflowS3Endpoint: {
    env: 'MLFLOW_S3_ENDPOINT_URL',
    kind: 'optionalUrl',
    fallback: '',
    description: 'S3 server of artifacts that go straight there; AWS by default',
  },
  mlflowToken: {
    env: 'MLFLOW_TRACKING_TOKEN',
    kind: 'secret',
    fallback: '',
    description: 'sent to MLflow as a bearer token; never logged',
  },
  mlflowUsername: {
    env: 'MLFLOW_TRACKING_USERNAME',
    kind: 'secret',
    fallback: '',
    description: 'user of an MLflow server with passwords',
  },
  mlflowPassword: {
    env: 'MLFLOW_TRACKING_PASSWORD',
    kind: 'secret',
    fallback: '',
    description: 'password of that user; never logged',
  },
  databricksHost: {
    env: 'DATABRICKS_SERVER_HOSTNAME',
    kind: 'text',
    fallback: '',
    description: 'Databricks workspace, for example `dbc-a1b2c3d4-e5f6.cloud.databricks.com`',
  },
  databricksHttpPath: {
    env: 'DATABRICKS_HTTP_PATH',
    kind: 'text',
    fallback: '',
    description: 'HTTP path of a SQL warehouse, for example `/sql/1.0/warehouses/0123456789abcdef`',
  },
  databricksToken: {
    env: 'DATABRICKS_ACCESS_TOKEN',
    kind: 'secret',
    fallback: '',
    description: 'access token for Databricks; never logged',
  },
} as const satisfies Record<string, Setting>;
