/** Shows how far the compaction of a table is: by bytes, since days differ. */
import { sizeText } from '../../base/size.ts';
import type { CompactProgress } from '../../upkeep/compaction/compact-table.ts';
import type { Io } from '../io.ts';
import { showProgress } from '../progress.ts';

/** @param work gets what it has to tell before each partition. */
export async function withCompactionProgress<T>(
  io: Io,
  table: string,
  work: (onPartition: (progress: CompactProgress) => void) => Promise<T>,
): Promise<T> {
  let progress: CompactProgress = { done: 0, planned: 0, bytesDone: () => 0, bytesPlanned: 0 };
  const display = showProgress(io, () => {
    const { done, planned, bytesPlanned } = progress;
    const bytesDone = progress.bytesDone();
    return {
      share: bytesPlanned === 0 ? undefined : bytesDone / bytesPlanned,
      detail: `${table}: ${done} of ${planned} partitions, ${sizeText(bytesDone)} of ${sizeText(bytesPlanned)}`,
      bytes: bytesDone,
    };
  });
  try {
    return await work((now) => {
      progress = now;
    });
  } finally {
    display.stop();
  }
}
