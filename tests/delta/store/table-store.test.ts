import { LocalStore } from '../../../src/delta/store/local-store.ts';
import { FileCache } from '../../../src/delta/store/s3/file-cache.ts';
import { S3Store } from '../../../src/delta/store/s3-store.ts';
import type { TableStore } from '../../../src/delta/store/table-store.ts';
import { fakeS3 } from '../../support/fake-s3.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder as folder } from '../../support/program.ts';
import { tableStoreSuite } from '../../support/table-store-suite.ts';

const STORES: Readonly<Record<string, () => Promise<TableStore>>> = {
  disk: async () => new LocalStore(await folder()),
  memory: async () => new MemoryStore(),
  S3: async () => {
    const server = await fakeS3();
    // Pages of three: every listing goes on.
    server.pageSize = 3;
    server.isUnordered = true;
    const cache = new FileCache(await folder(), 2 ** 20);
    return new S3Store('s3://lake/a b=c%/表', { client: server.client(), cache });
  },
};

for (const [name, open] of Object.entries(STORES)) tableStoreSuite(name, open);
