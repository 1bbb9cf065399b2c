/** What a disk that refuses means to a person. */
import { LakeError, messageOf, systemCodeOf } from './errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENOENT: 'its folder is gone: it was moved, or its disk is not mounted',
  ENOTDIR: 'something else stands in the place of the spool folder',
};

export function isOutOfSpace(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** One line for people. */
export function refusalReason(error: unknown): string {
  const code = systemCodeOf(error) ?? '';
  const reason = REASONS[code];
  return reason === undefined ? messageOf(error) : `${reason} (${code})`;
}

/** @returns DISK_FULL when room would help, LAKE_UNWRITABLE otherwise. */
export function refusal(cause: unknown, what = 'the spool'): LakeError {
  const message = `${what} cannot be written: ${refusalReason(cause)}`;
  return isOutOfSpace(cause)
    ? new LakeError('DISK_FULL', message, {
        hint: 'make room on the disk of the lake; what was stored before is safe',
        cause,
      })
    : new LakeError('LAKE_UNWRITABLE', message, {
        hint: 'check the folder, its permissions and the disk; what was stored before is safe',
        cause,
      });
}

/** The folder of the lake itself cannot be made. */
export function unwritableLake(lake: string, cause: unknown): LakeError {
  return new LakeError('LAKE_UNWRITABLE', `the lake \`${lake}\` cannot be written: ${refusalReason(cause)}`, {
    hint: 'choose another folder with `--lake` or `CRYPTO_LAKE_DIR`, or fix its permissions',
    cause,
  });
}
