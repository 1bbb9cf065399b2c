/** Begins a segment under a number that is then known to be used, whatever becomes of the file. */
import type { open } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { saveLastSegment } from './last-segment.ts';
import { SegmentFile } from './segment-file.ts';

export interface BeginOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly openFile: typeof open;
}

/** @param before the one that is open: its folder may have to come first. @throws what the disk says; no file is left then. */
export async function beginSegment(
  { folder, clock, openFile }: BeginOptions,
  segment: number,
  marker: Buffer,
  before?: SegmentFile,
): Promise<SegmentFile> {
  await before?.restoreFolder();
  const file = await SegmentFile.create({ folder, segment, createdAtUs: clock.nowUs(), marker, openFile });
  try {
    await saveLastSegment(folder, segment);
  } catch (error) {
    await file.closeAndDelete().catch(() => undefined);
    throw error;
  }
  return file;
}
