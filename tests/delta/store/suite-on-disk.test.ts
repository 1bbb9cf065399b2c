/** What the Delta library's tests say of a table in memory holds for one on a disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, vi } from 'vitest';
import { importDeltaSuite } from '../../support/delta-suite.ts';

const folder = vi.hoisted(() => ({ path: '', tables: 0 }));
folder.path = mkdtempSync(join(tmpdir(), 'crypto-lake-suite-'));
afterAll(() => rmSync(folder.path, { recursive: true }));

vi.mock('../../support/memory-store.ts', async () => {
  const { LocalStore } = await import('../../../src/delta/store/local-store.ts');
  return {
    MemoryStore: class extends LocalStore {
      constructor() {
        super(`${folder.path}/table ${++folder.tables}`);
      }
    },
  };
});

await importDeltaSuite();
