/** SQL as it comes from a file or a pipe: UTF-8, with the mark of Windows editors or without it. */
import { LakeError } from '../base/errors.ts';

/** @param source names it for a person. @throws LakeError USAGE for UTF-16, and for bytes that are no text. */
export function sqlText(bytes: Buffer, source: string): string {
  const [first, second] = bytes;
  const isUtf16 =
    (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || bytes.includes(0);
  if (isUtf16) {
    throw new LakeError('USAGE', `${source} is UTF-16, or no text at all`, {
      hint: 'save it as UTF-8: `iconv -f UTF-16 -t UTF-8 query.sql > query8.sql`; in PowerShell `Out-File -Encoding utf8`',
    });
  }
  try {
    // It takes the mark at the beginning away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new LakeError('USAGE', `${source} is not UTF-8`, {
      hint: 'save it as UTF-8: `iconv -f LATIN1 -t UTF-8 query.sql > query8.sql`',
    });
  }
}
