/** A source is one ordered stream of segments with its own spool folder, lock and Delta `appId`. */
import { join } from 'node:path';

export type Source = 'liquidations' | 'prices' | 'once';

/** The table that a source fills, beside `quarantine` and `coverage`. */
export const DATA_TABLE_OF: Readonly<Record<Source, 'liquidation' | 'prices'>> = {
  liquidations: 'liquidation',
  prices: 'prices',
  once: 'prices',
};

/** The folder of all spools of a lake. */
export function spoolRoot(lake: string): string {
  return join(lake, '_spool');
}

export function spoolFolder(lake: string, source: Source): string {
  return join(spoolRoot(lake), source);
}
