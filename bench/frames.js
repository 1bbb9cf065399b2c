/** Frames to measure on, the same at every run: one a line, as the exchange writes them. */
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createSeededRandom } from '../dist/base/seeded-random.js';
import { forceOrderEvent } from '../dist/simulator/market/forced-order.js';
import { createInstruments } from '../dist/simulator/market/instruments.js';
import { makeOrder } from '../dist/simulator/market/order-maker.js';
import { CLOSED_US } from './data.js';

const FRAME_INTERVAL_MS = 10;

/** When the frame with this index arrived, in microseconds; its trade was a second and a bit before. */
export function receivedAtUs(index) {
  return CLOSED_US + (index * FRAME_INTERVAL_MS + 1010) * 1000;
}

/** @returns the file, made when no job has asked for it yet. */
export function framesFile({ root }, count) {
  const path = join(root, `frames-${count}.ndjson`);
  if (existsSync(path)) return path;
  const random = createSeededRandom(2);
  const instruments = createInstruments(500);
  const file = openSync(path, 'w');
  for (let start = 0; start < count; start += 1000) {
    let lines = '';
    for (let index = start; index < Math.min(start + 1000, count); index++) {
      const tradeMs = CLOSED_US / 1000 + index * FRAME_INTERVAL_MS;
      const instrument = instruments[random.below(instruments.length)];
      const order = makeOrder(instrument, random.next() < 0.5 ? 'SELL' : 'BUY', tradeMs, random);
      lines += `{"stream":"!forceOrder@arr","data":${forceOrderEvent(order, tradeMs + 1005)}}\n`;
    }
    writeSync(file, lines);
  }
  closeSync(file);
  return path;
}

/** The frames of a file in batches, each as the bytes that a socket would hand over. */
export function* frameBatches(path, batchSize) {
  const file = openSync(path, 'r');
  let rest = Buffer.alloc(0);
  let batch = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(2 ** 20);
    const length = readSync(file, chunk);
    const bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      batch.push(bytes.subarray(start, end));
      start = end + 1;
      if (batch.length === batchSize) {
        yield batch;
        batch = [];
      }
    }
    rest = bytes.subarray(start);
    if (length === 0) break;
  }
  closeSync(file);
  if (batch.length > 0) yield batch;
}
