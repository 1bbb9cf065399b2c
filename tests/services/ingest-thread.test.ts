import { expect, it } from 'vitest';
import { IngestThread } from '../../src/services/ingest-thread.ts';

it('a storing thread that was closed begins no other one: it would keep the process alive', async () => {
  const thread = new IngestThread();
  await thread.close();
  const target = {
    lake: '/nowhere',
    source: 'liquidations',
    appId: 'x',
    duplicateWindowMs: 1,
  } as const;
  await expect(thread.store(target, 1)).rejects.toThrow('the storing thread was closed');
});
