/** Where the spools of a lake lie: a folder a source. */
import { join } from 'node:path';

/** The folder of all spools of a lake. */
export function spoolRoot(lake: string): string {
  return join(lake, '_spool');
}

/** @param source the id of a source. */
export function spoolFolder(lake: string, source: string): string {
  return join(spoolRoot(lake), source);
}
