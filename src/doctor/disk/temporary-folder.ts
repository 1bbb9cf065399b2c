/** Can the system's temporary folder be written? Checkpoints pass through it, and queries that have no lake beside them. */
import { tmpdir } from 'node:os';
import { refusalReason } from '../../base/disk-errors.ts';
import type { Check } from '../check.ts';
import { writeAndSync } from './lake-writable.ts';

export function temporaryFolder(folder = tmpdir()): Check {
  return {
    name: 'temporary folder',
    async run() {
      try {
        await writeAndSync(folder);
        return { status: 'ok', text: `${folder} can be written` };
      } catch (error) {
        return {
          status: 'fail',
          text: `${folder} cannot be written: ${refusalReason(error)}`,
          fix: 'set `TMPDIR` to a folder on a disk with room that you may write',
        };
      }
    },
  };
}
