import { DedupWindow } from '../../dist/ingest/dedup/dedup-window.js';
import { FrameLoss } from '../../dist/ingest/dedup/frame-loss.js';
import { columnsToFrame } from '../../dist/ingest/rows/columns-to-frame.js';
import { SegmentDecoder } from '../../dist/ingest/rows/segment-decoder.js';
import { LIQUIDATION_TABLE } from '../../dist/lake/tables/liquidation.js';
import { forceOrderEvent } from '../../dist/simulator/market/forced-order.js';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { sourceOf } from '../../dist/sources/registry.js';

/** Frame text → validated record → duplicate check → columns → Polars frame, beside `JSON.parse` alone. */
export default {
  title: '100,000 frames, from text to a data frame',
  goals: { 'frames/s': '≥ 0.5 × JSON.parse' },
  async prepare({ smoke }) {
    const simulator = await startSimulator({ market: 'none' });
    const count = smoke ? 2000 : 100_000;
    const nowMs = Date.now();
    const frames = Array.from({ length: count }, (_, index) => {
      const order = { ...simulator.makeOrder(), T: nowMs + index };
      return `{"stream":"!forceOrder@arr","data":${forceOrderEvent(order, nowMs + index + 1005)}}`;
    });
    await simulator.close();
    return { frames, nowUs: nowMs * 1000 };
  },
  async ours(_, { frames, nowUs }) {
    const payloads = frames.map((text) => Buffer.from(text));
    const started = performance.now();
    const batches = new SegmentDecoder({
      source: sourceOf('liquidations'),
      window: new DedupWindow(600_000),
      loss: new FrameLoss(),
    });
    for (const [index, payload] of payloads.entries()) {
      batches.add({ kind: 'frame', receivedAtUs: nowUs + index, connection: 'ws-1', payload });
    }
    batches.finish(0);
    const batch = batches.batches.of(LIQUIDATION_TABLE);
    for (const { columns } of batch.partitions) columnsToFrame(batch.table, columns);
    const seconds = (performance.now() - started) / 1000;
    if (batch.rowCount !== frames.length) throw new Error(`${batch.rowCount} rows of ${frames.length}`);
    return { 'frames/s': frames.length / seconds };
  },
  beside: { 'JSON.parse': parseAlone },
};

async function parseAlone(_, { frames }) {
  const payloads = frames.map((text) => Buffer.from(text));
  const started = performance.now();
  let length = 0;
  for (const payload of payloads) length += JSON.parse(payload.toString()).data.o.s.length;
  if (length === 0) throw new Error('nothing was parsed');
  return { 'frames/s': frames.length / ((performance.now() - started) / 1000) };
}
