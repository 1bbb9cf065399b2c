/** A table of the lake for who can do without: nothing may have been stored in it yet. */
import { LakeError } from '../base/errors.ts';
import { joinLocation } from '../base/location.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { openTable } from './open-table.ts';
import type { LakeTable } from './table.ts';

/** @returns undefined where there is none. @throws LakeError for one that is there and cannot be read. */
export async function openIfThere(lake: string, { name }: LakeTable): Promise<DeltaTable | undefined> {
  try {
    return await openTable(joinLocation(lake, name));
  } catch (error) {
    if (error instanceof LakeError && error.code === 'TABLE_NOT_FOUND') return undefined;
    throw error;
  }
}
