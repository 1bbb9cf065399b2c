/** The simulator in a thread of its own, so that its work does not count as the collector's. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startSimulator } from '../dist/simulator/start-simulator.js';

/** @returns its addresses, and `close`. */
export async function simulatorThread(options) {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  const addresses = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { ...addresses, close: () => worker.terminate() };
}

if (!isMainThread) {
  const { wsUrl, restUrl } = await startSimulator(workerData);
  parentPort.postMessage({ wsUrl, restUrl });
}
