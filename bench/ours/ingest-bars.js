/** Closed klines, from text to committed rows, a full segment a commit, as the storing thread does it: COUNT LAKE. Prints rows a second. */
import { BarLedger } from '../../dist/bars/bar-ledger.js';
import { DedupWindow } from '../../dist/ingest/dedup/dedup-window.js';
import { FrameLoss } from '../../dist/ingest/dedup/frame-loss.js';
import { SegmentDecoder } from '../../dist/ingest/rows/segment-decoder.js';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { BARS_1M_TABLE } from '../../dist/lake/tables/bars-1m.js';
import { sourceOf } from '../../dist/sources/registry.js';
import { CLOSED_US } from '../data.js';

const SYMBOLS = 450;
/** As many as fill a segment of 12 MiB, which is what is stored at once when they come this fast. */
const A_COMMIT = 36_000;
const MINUTE_MS = 60_000;

const [count, lake] = [Number(process.argv[2]), process.argv[3]];
const table = await openLakeTable(lake, BARS_1M_TABLE);
const [window, loss, ledger] = [new DedupWindow(600_000), new FrameLoss(), new BarLedger()];
const source = sourceOf('bars');
let [rows, tookMs] = [0, 0];
for (let from = 0; from < count; from += A_COMMIT) {
  const length = Math.min(A_COMMIT, count - from);
  const { bytes, ends } = textOf(from, length);
  const startedMs = performance.now();
  const decoder = new SegmentDecoder({ source, window, loss, ledger });
  for (let index = 0; index < length; index++) {
    // A view, as the reader of segments gives it.
    const payload = bytes.subarray(ends[index - 1] ?? 0, ends[index]);
    const receivedAtUs = (openMsOf(from + index) + MINUTE_MS + 50) * 1000;
    decoder.add({ kind: 'frame', receivedAtUs, connection: 'spot/ws-1', payload });
  }
  decoder.finish();
  const txn = { appId: 'bench', version: from / A_COMMIT + 1 };
  rows += await appendBatch(table, decoder.batches.of(BARS_1M_TABLE), txn);
  window.accept();
  ledger.accept();
  tookMs += performance.now() - startedMs;
}
console.log(JSON.stringify({ rows, 'rows/s': (rows / tookMs) * 1000 }));

/** All frames one after the other, and where each ends. */
function textOf(from, length) {
  const ends = new Uint32Array(length);
  let text = '';
  for (let index = 0; index < length; index++) {
    text += closedFrame(from + index);
    ends[index] = text.length;
  }
  return { bytes: Buffer.from(text), ends };
}

function openMsOf(index) {
  return CLOSED_US / 1000 - ((CLOSED_US / 1000) % MINUTE_MS) + Math.floor(index / SYMBOLS) * MINUTE_MS;
}

function closedFrame(index) {
  const s = `B${index % SYMBOLS}USDT`;
  const t = openMsOf(index);
  const price = 100 + (index % 977) / 100;
  const id = Math.floor(index / SYMBOLS) * 60;
  const k = {
    t,
    T: t + MINUTE_MS - 1,
    s,
    i: '1m',
    f: id,
    L: id + 59,
    o: price.toFixed(8),
    c: (price + 0.5).toFixed(8),
    h: (price + 1).toFixed(8),
    l: (price - 1).toFixed(8),
    v: (index % 9973).toFixed(8),
    n: 60,
    x: true,
    q: ((index % 9973) * price).toFixed(8),
    V: (index % 997).toFixed(8),
    Q: ((index % 997) * price).toFixed(8),
    B: '0',
  };
  const data = { e: 'kline', E: t + MINUTE_MS + 20, s, k };
  return JSON.stringify({ stream: `${s.toLowerCase()}@kline_1m`, data });
}
