/** Makes the folder of a lake, before anything is asked of the exchange or of a service manager. */
import { mkdir } from 'node:fs/promises';
import { spoolRoot } from '../services/source.ts';
import { unwritableLake } from '../spool/disk-refusal.ts';

/** @throws LakeError LAKE_UNWRITABLE. */
export async function makeLake(lake: string): Promise<void> {
  try {
    await mkdir(spoolRoot(lake), { recursive: true });
  } catch (error) {
    throw unwritableLake(lake, error);
  }
}
