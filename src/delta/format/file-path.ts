/**
 * Paths of data files in the log: URIs relative to the table root, percent-decoded exactly once.
 * Source: Delta protocol, "Add File and Remove File".
 */
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LakeError } from '../../base/errors.ts';

/** The path as the file system has it. A text that is no valid URI is taken as it stands, as other readers do. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A decoded path as it belongs in the log; what is no Unicode is replaced, as it is in file names. */
export function encodePath(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
}

export type DataPath =
  | { readonly kind: 'relative'; readonly name: string }
  | { readonly kind: 'absolute'; readonly path: string };

/**
 * Where a file of the log lies.
 * @throws LakeError TABLE_DAMAGED for a path that leaves the table, TABLE_UNSUPPORTED for a file on another storage.
 */
export function locateFile(encodedPath: string): DataPath {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(encodedPath)?.[1]?.toLowerCase();
  if (scheme === 'file') return { kind: 'absolute', path: pathOfUrl(encodedPath) };
  if (scheme !== undefined && encodedPath.includes('://')) {
    throw new LakeError('TABLE_UNSUPPORTED', `a file of the table lies on another storage (\`${scheme}:\`)`, {
      hint: 'copy the table to this disk with its files',
    });
  }
  const name = decodePath(encodedPath);
  if (name.startsWith('/') && !name.includes('\0')) return { kind: 'absolute', path: posix.normalize(name) };
  if (name.split('/').includes('..') || name.includes('\0')) {
    throw new LakeError(
      'TABLE_DAMAGED',
      `the table names a file outside of itself: \`${name.slice(0, 200)}\``,
      {
        hint: 'its log was tampered with; do not use it',
      },
    );
  }
  return { kind: 'relative', name };
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url.replace(/^file:\/?(?=[^/])/, 'file:///'));
  } catch (error) {
    throw new LakeError(
      'TABLE_DAMAGED',
      `the table names a file by \`${url.slice(0, 200)}\`, which is no path`,
      {
        hint: 'restore the table from a backup',
        cause: error,
      },
    );
  }
}

/** Control characters and what paths or globs could take amiss. */
const HIVE_ESCAPED = /[\p{Cc}"#%'*/:=?\\{[\]^]/gu;

/** The folder name of a partition by Hive's convention; a convention only: values are read from the log. */
export function partitionFolder(column: string, value: string | null): string {
  const text = value === null || value === '' ? '__HIVE_DEFAULT_PARTITION__' : hiveEscape(value);
  return `${hiveEscape(column)}=${text}`;
}

function hiveEscape(text: string): string {
  return text.replace(
    HIVE_ESCAPED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
