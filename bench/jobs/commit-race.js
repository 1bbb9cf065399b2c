import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { LocalStore } from '../../dist/delta/local-store.js';
import { commitName } from '../../dist/delta/log-path.js';
import { nullableField } from '../../dist/delta/schema.js';

const WRITERS = 8;
const PROCESS = fileURLToPath(new URL('../../tests/support/append-process.js', import.meta.url));

/** Eight processes append to one table as fast as they can; every commit must be there, and none may starve. */
export default {
  title: '8 processes × 200 commits on one table',
  goals: { 'slowest process / its share': '≥ 0.5' },
  async ours({ folder, smoke }, _, round) {
    const appends = smoke ? 20 : 200;
    const store = new LocalStore(join(folder, String(round)));
    const definition = { fields: [nullableField('id', 'long')], partitionColumns: [], configuration: {} };
    await DeltaTable.openOrCreate(store, { engine: 'light' }, definition);
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      fork(PROCESS, [store.location, String(writer), String(appends)]),
    );
    await Promise.all(writers.map((writer) => once(writer, 'message')));
    const started = performance.now();
    for (const writer of writers) writer.send('begin');
    await Promise.all(writers.map((writer) => once(writer, 'close')));
    const seconds = (performance.now() - started) / 1000;
    const { version } = await DeltaTable.open(store, { engine: 'light' });
    if (version !== WRITERS * appends) throw new Error(`${version} commits, not ${WRITERS * appends}`);
    return {
      'commits/s': version / seconds,
      'slowest process / its share': await slowestShare(store, appends),
    };
  },
};

/** While all run: until the first has done its last. */
async function slowestShare(store, appends) {
  const done = Array(WRITERS).fill(0);
  for (let version = 1; Math.max(...done) < appends; version++) {
    const text = Buffer.from(await store.read(commitName(version))).toString();
    done[Number(/"appId":"writer-(\d)"/.exec(text)[1])]++;
  }
  return (Math.min(...done) * WRITERS) / done.reduce((sum, count) => sum + count);
}
