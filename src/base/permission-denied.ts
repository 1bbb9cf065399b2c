/** What may not be read is neither missing nor damaged. */
import { LakeError, systemCodeOf } from './errors.ts';
import { shellQuote } from './shell-quote.ts';

export function isPermissionError(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === 'EACCES' || code === 'EPERM';
}

/** @param path of the file or folder, as far as it is known. */
export function permissionDenied(path: string, cause: unknown): LakeError {
  return new LakeError('PERMISSION_DENIED', `\`${path}\` may not be read: permission is denied`, {
    hint: `let this user read it: \`namei -l ${shellQuote(path)}\` shows what keeps it out`,
    cause,
  });
}
