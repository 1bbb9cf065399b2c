/**
 * The files of this program that are found by their place. The build puts the program into `dist/program`, which is as
 * deep as this folder: nothing else may look for a file by `import.meta.url`, but beside itself.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the build puts the page that `serve` shows. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../dist/program/page/', import.meta.url));

export const PROGRAM_FILE = fileURLToPath(new URL('../../bin/crypto-lake.js', import.meta.url));

/** What `package.json` says of this program. */
export function readPackage(): { readonly version: string; readonly engines: { readonly node: string } } {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
}
