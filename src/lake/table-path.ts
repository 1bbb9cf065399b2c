import { basename } from 'node:path';
import { joinLocation, resolveLocation } from '../base/location.ts';

/** A table of the lake by its name, or any Delta table by its path. */
export function tablePath(
  lake: string,
  nameOrPath: string,
): { readonly name: string; readonly path: string } {
  const isName = /^[\w-]+$/.test(nameOrPath);
  const path = isName ? joinLocation(lake, nameOrPath) : resolveLocation(nameOrPath);
  return { name: basename(path), path };
}
