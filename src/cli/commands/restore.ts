/** `crypto-lake restore --from FOLDER|s3://… --to NEW`: a lake out of a back-up, never over one that is there. */
import { restoreLake } from '../../backup/restore-lake.ts';
import { LakeError } from '../../base/errors.ts';
import { resolveLocation } from '../../base/location.ts';
import { shellQuote } from '../../base/shell-quote.ts';
import { expandHome } from '../../config/expand-home.ts';
import type { Command } from '../context.ts';
import { placeFlag } from './backup.ts';

export const restore: Command = async ({ io, signal }, flags) => {
  const from = placeFlag(flags, 'from');
  if (typeof flags.to !== 'string' || flags.to === '') {
    throw new LakeError('USAGE', '`--to` must be a new folder, or `s3://BUCKET/PREFIX`', {
      hint: 'for example `--to restored`; the lake itself is never written over',
    });
  }
  const to = resolveLocation(expandHome(flags.to));
  const at = typeof flags.at === 'string' ? flags.at : undefined;
  const { madeAt, tables } = await restoreLake({ from, at, to, signal });
  io.say(`restored and verified ${tables.length} tables as of ${madeAt}: ${to}`);
  io.say(`look at it with \`crypto-lake tables --lake ${shellQuote(to)}\``);
};
