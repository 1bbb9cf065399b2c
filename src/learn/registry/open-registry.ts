/** The registry of this run: MLflow where its address is set, else the lake. */
import { LakeRegistry } from './lake-registry.ts';
import type { ModelRegistry } from './model-registry.ts';

export interface RegistryOptions {
  readonly lake: string;
  readonly memoryBytes: number;
  readonly mlflowTrackingUri: string | undefined;
  readonly mlflowExperiment: string;
  readonly mlflowS3Endpoint: string | undefined;
  readonly mlflowToken: string | undefined;
  readonly mlflowUsername: string | undefined;
  readonly mlflowPassword: string | undefined;
  /** AWS's own variables are read from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function openRegistry(options: RegistryOptions): Promise<ModelRegistry> {
  const { mlflowTrackingUri: url } = options;
  if (url === undefined) return new LakeRegistry(options);
  const [{ MlflowClient }, { MlflowRegistry }] = await Promise.all([
    import('../mlflow/mlflow-client.ts'),
    import('./mlflow-registry.ts'),
  ]);
  return new MlflowRegistry({
    lake: options.lake,
    client: new MlflowClient({
      url,
      token: options.mlflowToken,
      username: options.mlflowUsername,
      password: options.mlflowPassword,
    }),
    experiment: options.mlflowExperiment,
    s3Endpoint: options.mlflowS3Endpoint,
    env: options.env,
  });
}
