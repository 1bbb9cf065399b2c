/** A source is one ordered stream of segments with its own spool folder, lock and Delta `appId`. */
import { join } from 'node:path';
import { LakeError } from '../base/errors.ts';

export type Source = 'liquidations' | 'prices' | 'once';

/** The table that a source fills, beside `quarantine` and `coverage`. */
export const DATA_TABLE_OF: Readonly<Record<Source, 'liquidation' | 'prices'>> = {
  liquidations: 'liquidation',
  prices: 'prices',
  once: 'prices',
};

/**
 * The folder of all spools of a lake, always on this machine.
 * @throws LakeError CONFIG_INVALID for a lake on an object store when no folder was chosen.
 */
export function spoolRoot({
  lake,
  spool,
}: {
  readonly lake: string;
  readonly spool: string | undefined;
}): string {
  if (spool !== undefined) return spool;
  throw new LakeError(
    'CONFIG_INVALID',
    `the lake \`${lake}\` is not on this machine, and what is received is kept on a local disk until it is stored there`,
    { hint: 'choose a folder that outlives a restart: `CRYPTO_LAKE_SPOOL=/var/lib/crypto-lake`' },
  );
}

export function spoolFolder(spool: string, source: Source): string {
  return join(spool, source);
}
