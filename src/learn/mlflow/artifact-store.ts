/** Where MLflow keeps files: behind the server itself, or on S3, to which clients then speak directly. */
import { LakeError } from '../../base/errors.ts';
import { S3Client } from '../../delta/store/s3/s3-client.ts';
import { AwsCredentialChain } from '../../network/aws/aws-credentials.ts';
import { proxyByEnvironment } from '../../network/proxy-rules.ts';
import type { MlflowClient } from './mlflow-client.ts';

export interface ArtifactStore {
  /** @throws LakeError MLFLOW_REFUSED for a place that we cannot write to. */
  check(uri: string): void;
  put(uri: string, bytes: Uint8Array): Promise<void>;
  /** @returns undefined when there is none. */
  get(uri: string): Promise<Uint8Array | undefined>;
}

export interface ArtifactStoreOptions {
  readonly client: MlflowClient;
  readonly s3Endpoint: string | undefined;
  /** AWS's own variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function openArtifactStore({ client, s3Endpoint, env }: ArtifactStoreOptions): ArtifactStore {
  let s3: S3Client | undefined;
  const s3Client = () => {
    s3 ??= new S3Client({
      endpoint: { url: s3Endpoint, region: env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1' },
      credentials: new AwsCredentialChain(env),
      proxyFor: proxyByEnvironment(env),
    });
    return s3;
  };
  return {
    check: (uri) => void placeOf(uri),
    put: async (uri, bytes) => {
      const place = placeOf(uri);
      if (place.kind === 'server') return client.writeArtifact(place.path, bytes);
      const { bucket, key } = place;
      const { status, code } = await s3Client().send({ method: 'PUT', bucket, key, body: bytes });
      if (status >= 300) throw refusedByS3(uri, status, code);
    },
    get: async (uri) => {
      const place = placeOf(uri);
      if (place.kind === 'server') return client.readArtifact(place.path);
      const { bucket, key } = place;
      const { status, code, body } = await s3Client().send({ method: 'GET', bucket, key });
      if (status === 404) return undefined;
      if (status >= 300) throw refusedByS3(uri, status, code);
      return body;
    },
  };
}

type Place =
  | { readonly kind: 'server'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string };

function placeOf(uri: string): Place {
  const server = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/s.exec(uri)?.[1];
  if (server !== undefined) return { kind: 'server', path: server };
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? [];
  if (bucket !== undefined) return { kind: 's3', bucket, key };
  throw new LakeError(
    'MLFLOW_REFUSED',
    `MLflow keeps artifacts in \`${uri.slice(0, 200)}\`, where this program cannot write`,
    {
      hint: 'start the server with `--serve-artifacts`, or with artifacts on `s3://…`; an experiment keeps the place that it began with',
    },
  );
}

function refusedByS3(uri: string, status: number, code: string | undefined): LakeError {
  return new LakeError(
    'MLFLOW_REFUSED',
    `S3 refused \`${uri.slice(0, 300)}\`: ${status} ${code ?? ''}`.trim(),
    {
      hint: 'look at `MLFLOW_S3_ENDPOINT_URL`, the keys, and that the bucket exists',
    },
  );
}
