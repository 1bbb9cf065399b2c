/** What the Delta library's tests say of a table in memory holds for one on a real S3 server. */
import { afterAll, vi } from 'vitest';
import { importDeltaSuite } from '../support/delta-suite.ts';
import { bucketFolder, removeBucketFolder, startGateway } from '../support/versitygw.ts';

const server = vi.hoisted(() => ({ env: {} as Readonly<Record<string, string>>, tables: 0 }));
const folder = await bucketFolder();
const gateway = await startGateway(folder);
server.env = gateway.env;
afterAll(async () => {
  await gateway.stop();
  await removeBucketFolder(folder);
});

vi.mock('../support/memory-store.ts', async () => {
  const { S3Store } = await import('../../src/delta/store/s3-store.ts');
  const { S3Client } = await import('../../src/delta/store/s3/s3-client.ts');
  const { AwsCredentialChain } = await import('../../src/network/aws/aws-credentials.ts');
  const url = server.env.AWS_ENDPOINT_URL;
  const endpoint = { url, region: 'us-east-1' };
  const client = new S3Client({ endpoint, credentials: new AwsCredentialChain(server.env) });
  return {
    MemoryStore: class extends S3Store {
      constructor() {
        super(`s3://lake/table ${++server.tables}`, { client });
      }
    },
  };
});

await importDeltaSuite();
