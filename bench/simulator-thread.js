/** The simulator in a thread of its own, so that its work does not count as the collector's. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startSimulator } from '../dist/simulator/start-simulator.js';

/** @param paths that are asked for before, so that what they answer is made. @returns its addresses, and `close`. */
export async function simulatorThread(options, paths = []) {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  const addresses = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  for (const path of paths) {
    const { status } = await fetch(`${addresses.restUrl}${path}`);
    if (status !== 200) throw new Error(`${path}: ${status}`);
  }
  return { ...addresses, close: () => worker.terminate() };
}

if (!isMainThread) {
  const { wsUrl, restUrl } = await startSimulator(workerData);
  parentPort.postMessage({ wsUrl, restUrl });
}
