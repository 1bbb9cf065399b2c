/** Makes the folder of a lake, before anything is asked of the exchange or of a service manager. */
import { mkdir } from 'node:fs/promises';
import { LakeError, messageOf } from '../errors.ts';
import { spoolRoot } from '../services/source.ts';

/** @throws LakeError LAKE_UNWRITABLE. */
export async function makeLake(lake: string): Promise<void> {
  try {
    await mkdir(spoolRoot(lake), { recursive: true });
  } catch (error) {
    throw new LakeError('LAKE_UNWRITABLE', `the lake \`${lake}\` cannot be written: ${messageOf(error)}`, {
      hint: 'choose another folder with `--lake` or `CRYPTO_LAKE_DIR`, or mend its permissions',
      cause: error,
    });
  }
}
