/** `crypto-lake reconcile bars`: stored bars against what the venue says now; exit 3 when something differs. */
import { LakeError } from '../../base/errors.ts';
import { parseMoment } from '../../base/time-text.ts';
import { requireLake } from '../../lake/lake-catalog.ts';
import { lastMinute } from '../../services/backfill/backfill-bars.ts';
import { type Reconciled, reconcileBars } from '../../services/backfill/reconcile-bars.ts';
import { VENUES } from '../../sources/registry.ts';
import { chosenSymbols } from '../chosen-symbols.ts';
import type { Command } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { openNetwork } from '../open-network.ts';
import { printRows } from '../print-rows.ts';

const COLUMNS = {
  venue: 'name',
  market: 'name',
  symbol: 'name',
  compared: 'integer',
  different: 'integer',
  missing: 'integer',
  example: 'prose',
} as const;

export const reconcile: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  await requireLake(config.lake);
  const spool = await makeLake(config);
  const symbols = await chosenSymbols(context);
  const nowMs = clock.nowUs() / 1000;
  const fromUs = Math.floor(parseMoment(String(flags.since), nowMs) / 60_000) * 60_000_000;
  const range = { fromUs, toUs: lastMinute(nowMs * 1000) };
  const found: Reconciled[] = [];
  for (const venue of VENUES) {
    const own = symbols.filter((one) => one.venue === venue.name);
    const history = venue.sources.find((one) => one.history !== undefined)?.history;
    const trades = venue.sources.find((one) => one.tradeHistory !== undefined)?.tradeHistory;
    if (own.length === 0 || history === undefined) continue;
    const network = await openNetwork(venue, config, spool, clock);
    const shared = { lake: config.lake, clock, network, range, history, signal };
    try {
      for (const one of own)
        found.push(
          await reconcileBars(one, { ...shared, trades: flags.against === 'trades' ? trades : undefined }),
        );
    } finally {
      await network.rest.close();
    }
  }
  await printRows(io, flags, COLUMNS, found);
  const different = found.reduce((sum, one) => sum + one.different, 0);
  const compared = found.reduce((sum, one) => sum + one.compared, 0);
  if (different === 0) {
    io.say(`${compared.toLocaleString('en')} bars compared, all are equal`);
    return;
  }
  throw new LakeError('CHECK_FAILED', `${different} of ${compared} bars differ`, {
    hint: 'a running `crypto-lake bars` reads them again and stores what differs in `bar_corrections`',
  });
};
