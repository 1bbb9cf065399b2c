/** Opens a table for a person: whatever is wrong with it is an error in words. */
import { readlink, stat } from 'node:fs/promises';
import { LakeError, messageOf, systemCodeOf } from '../base/errors.ts';
import { isPermissionError, permissionDenied } from '../base/permission-denied.ts';
import { DeltaTable } from '../delta/delta-table.ts';
import { PARQUET_CHECKPOINTS } from '../parquet/parquet-checkpoints.ts';
import { openStore } from './open-store.ts';

/** @throws LakeError TABLE_…, PERMISSION_DENIED. */
export async function openTable(
  path: string,
  options: { readonly isForQueries?: boolean } = {},
): Promise<DeltaTable> {
  try {
    return await DeltaTable.open(await openStore(path), { checkpoints: PARQUET_CHECKPOINTS, ...options });
  } catch (error) {
    throw tableError(isNotFound(error) ? await whyNotFound(path, error) : error, path);
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof LakeError && error.code === 'TABLE_NOT_FOUND';
}

/** A link that leads nowhere is there all the same. */
async function whyNotFound(path: string, error: unknown): Promise<unknown> {
  const target = await readlink(path).catch(() => undefined);
  const leads =
    target === undefined ||
    (await stat(path).then(
      () => true,
      () => false,
    ));
  if (leads) return error;
  return new LakeError('TABLE_NOT_FOUND', `\`${path}\` is a link to \`${target}\`, which is not there`, {
    hint: 'mount the disk that it leads to, or remove the link',
    cause: error,
  });
}

function tableError(error: unknown, path: string): LakeError {
  if (error instanceof LakeError) {
    if (error.message.includes(path)) return error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return new LakeError(error.code, `\`${path}\`: ${error.message}`, { ...hint, cause: error });
  }
  if (isPermissionError(error)) return permissionDenied((error as NodeJS.ErrnoException).path ?? path, error);
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
