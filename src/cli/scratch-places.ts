/** Where commands put what does not fit into memory: beside the lake, where its spool is or where it is. */
import { isObjectStore } from '../base/location.ts';
import type { Config } from '../config/config.ts';

export function scratchPlaces({ spool, lake }: Pick<Config, 'spool' | 'lake'>): string[] {
  return [...(spool === undefined ? [] : [spool]), ...(isObjectStore(lake) ? [] : [lake])];
}
