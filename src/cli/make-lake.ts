/** Makes the folder of a lake, before anything is asked of the exchange or of a service manager. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unwritableLake } from '../base/disk-errors.ts';
import { systemCodeOf } from '../base/errors.ts';
import type { Config } from '../config/config.ts';
import { spoolRoot } from '../spool/state/spool-folder.ts';

/** @returns the folder of its spools. @throws LakeError LAKE_UNWRITABLE, CONFIG_INVALID. */
export async function makeLake(config: Pick<Config, 'lake' | 'spool'>): Promise<string> {
  const spool = spoolRoot(config);
  try {
    await makeFolder(spool);
    return spool;
  } catch (error) {
    throw unwritableLake(spool, error);
  }
}

/** As `mkdir -p`. Node's own never ends where a folder says ENOENT to each new one, as `/proc` does. */
async function makeFolder(path: string, isParentThere = false): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' && !isParentThere) {
      await makeFolder(dirname(path));
      await makeFolder(path, true);
    } else if (code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}
