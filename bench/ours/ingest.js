/** Frames → validated rows → Delta, 5,000 a commit, as the storing thread does it: FRAMES LAKE. Prints rows a second. */

import { DedupWindow } from '../../dist/ingest/dedup/dedup-window.js';
import { FrameLoss } from '../../dist/ingest/dedup/frame-loss.js';
import { SegmentDecoder } from '../../dist/ingest/rows/segment-decoder.js';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { LIQUIDATION_TABLE } from '../../dist/lake/tables/liquidation.js';
import { QUARANTINE_TABLE } from '../../dist/lake/tables/quarantine.js';
import { sourceOf } from '../../dist/sources/registry.js';
import { frameBatches, receivedAtUs } from '../frames.js';

const [frames, lake] = process.argv.slice(2);
const started = performance.now();
const liquidation = await openLakeTable(lake, LIQUIDATION_TABLE);
const quarantine = await openLakeTable(lake, QUARANTINE_TABLE);
const window = new DedupWindow(600_000);
const loss = new FrameLoss();
let version = 0;
let index = 0;
let rows = 0;
for (const payloads of frameBatches(frames, 5000)) {
  const batches = new SegmentDecoder({ source: sourceOf('liquidations'), window, loss });
  for (const payload of payloads)
    batches.add({ kind: 'frame', receivedAtUs: receivedAtUs(index++), connection: 'ws-1', payload });
  batches.finish();
  const txn = { appId: 'bench', version: ++version };
  rows += await appendBatch(liquidation, batches.batches.of(LIQUIDATION_TABLE), txn);
  await appendBatch(quarantine, batches.batches.of(QUARANTINE_TABLE), txn);
  window.accept();
}
console.log(JSON.stringify({ rows, 'rows/s': (rows / (performance.now() - started)) * 1000 }));
