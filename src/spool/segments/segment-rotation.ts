/** A cut between two segments on its way to the disk. */
import type { LakeError } from '../../base/errors.ts';
import type { Batch } from './batch.ts';
import type { SegmentFile } from './segment-file.ts';

export interface SegmentRotation {
  /** The last records of the segment that ends. */
  readonly batch: Batch;
  /** The segment that follows, begun already. */
  readonly next: SegmentFile;
  /** Bytes of the next segment that are no data of their own: its header and first record. */
  readonly nextEmptyBytes: number;
  /** The number of the segment that ended. */
  readonly closed: Promise<number>;
  resolve(segment: number): void;
  reject(error: Error): void;
}

export function createRotation(batch: Batch, next: SegmentFile, nextEmptyBytes: number): SegmentRotation {
  let resolve: SegmentRotation['resolve'] = () => undefined;
  let reject: SegmentRotation['reject'] = () => undefined;
  const closed = new Promise<number>((onNumber, onError) => {
    resolve = onNumber;
    reject = onError;
  });
  return { batch, next, nextEmptyBytes, closed, resolve, reject };
}

/** A rotation that will not happen: both segments stay as they are, for a later start. */
export function abandon({ batch, next, reject }: SegmentRotation, refused: LakeError): void {
  batch.settle(refused);
  reject(refused);
  next.close().catch(() => undefined);
}
