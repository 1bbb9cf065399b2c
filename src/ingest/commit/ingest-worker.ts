/** The storing thread: Polars, Parquet and Delta commits live here, so that the sockets' thread never waits for them. */
import { parentPort } from 'node:worker_threads';
import { createSystemClock } from '../../base/clock.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import type { IngestTarget } from './ingest-job.ts';
import { SegmentCommitter } from './segment-committer.ts';

/** A request: `segment` 0 opens the target. */
export interface WorkerRequest {
  readonly id: number;
  readonly target: IngestTarget;
  readonly segment: number;
}

export interface WorkerAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | undefined };
}

const port = parentPort;
if (port === null) throw new Error('ingest-worker runs as a worker thread only');
const store = new SegmentCommitter(createSystemClock());
let queue: Promise<void> = Promise.resolve();

port.on('message', (request: WorkerRequest) => {
  queue = queue.then(() => answer(request)).then((message) => port.postMessage(message));
});

async function answer({ id, target, segment }: WorkerRequest): Promise<WorkerAnswer> {
  try {
    const result = segment === 0 ? await store.open(target) : await store.store(target, segment);
    return { id, result };
  } catch (error) {
    const code = error instanceof LakeError ? error.code : 'INTERNAL';
    return {
      id,
      error: { code, message: messageOf(error), hint: error instanceof LakeError ? error.hint : undefined },
    };
  }
}
