/** Where the spools of a lake lie: a folder a source, always on this machine. */
import { join } from 'node:path';
import { LakeError } from '../../base/errors.ts';

/**
 * The folder of all spools of a lake.
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

/** @param spool the folder of all spools. @param source the id of a source. */
export function spoolFolder(spool: string, source: string): string {
  return join(spool, source);
}
