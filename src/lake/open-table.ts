/** Opens a table for a person: whatever is wrong with it is an error in words. */

import { LakeError, messageOf, systemCodeOf } from '../base/errors.ts';
import { DeltaTable, type TableOptions } from '../delta/delta-table.ts';
import { openStore } from './open-store.ts';

/** @throws LakeError TABLE_…. */
export async function openTable(path: string, engine: TableOptions['engine']): Promise<DeltaTable> {
  try {
    return await DeltaTable.open(await openStore(path), { engine });
  } catch (error) {
    throw tableError(error, path);
  }
}

function tableError(error: unknown, path: string): LakeError {
  if (error instanceof LakeError) {
    if (error.message.includes(path)) return error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return new LakeError(error.code, `\`${path}\`: ${error.message}`, { ...hint, cause: error });
  }
  if (systemCodeOf(error) === 'ENOTDIR') {
    return new LakeError('TABLE_DAMAGED', `\`${path}\` is a file where a table should be`, {
      hint: 'move the file away',
      cause: error,
    });
  }
  return new LakeError('TABLE_DAMAGED', `the table \`${path}\` cannot be opened: ${messageOf(error)}`, {
    hint: 'look at the file that is named: its permissions, and the disk',
    cause: error,
  });
}
