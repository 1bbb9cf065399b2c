/** `crypto-lake once`: one price collection, then exit; upkeep when it is due, so that cron users need nothing else. */
import { elapsedText } from '../../base/duration.ts';
import { LakeError } from '../../base/errors.ts';
import { collectOnce } from '../../services/collect-once.ts';
import { runUpkeep } from '../../services/upkeep-service.ts';
import { VENUES } from '../../sources/registry.ts';
import { isUpkeepDue } from '../../upkeep/upkeep-due.ts';
import type { Command } from '../context.ts';
import { createCommandLogger } from '../create-command-logger.ts';
import { makeLake } from '../make-lake.ts';
import { openNetwork } from '../open-network.ts';
import { selectionOf } from '../selection-of.ts';

export const once: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  const spool = await makeLake(config);
  const log = await createCommandLogger(context, io.stderr);
  const selection = selectionOf(context, flags);
  const startedMs = clock.monotonicMs();
  for (const venue of VENUES) {
    for (const source of venue.sources.filter(({ command }) => command === 'once')) {
      const network = await openNetwork(venue, config, spool, clock);
      try {
        const { lake } = config;
        const rows = await collectOnce({ source, network, lake, spool, selection, clock, log, signal });
        const stored = rows[source.tables[0].name] ?? 0;
        if (stored === 0 && !rows.quarantine) throw nothingKept(source.poll?.nothingKept?.('', selection));
        const quarantined = rows.quarantine ? `, ${rows.quarantine} in quarantine` : '';
        const elapsed = elapsedText(clock.monotonicMs() - startedMs);
        io.say(`stored ${stored} prices${quarantined} in ${elapsed}`);
      } finally {
        await network.rest.close();
      }
    }
  }
  if (config.upkeep && (await isUpkeepDue(config.lake))) {
    const complaint = await runUpkeep(config.lake, signal);
    if (complaint !== undefined && !signal.aborted)
      log.warn(`upkeep failed, the next run tries again: ${complaint}`);
  }
};

/** What was chosen keeps nothing of the exchange's answer: sooner a wrong word than a market without pairs. */
function nothingKept(reason = 'the answer has no row'): LakeError {
  return new LakeError('USAGE', `${reason}: nothing was stored`, {
    hint: 'they are written as the exchange does, such as `--quote USDT` or `--symbols BTCUSDT`; `--all` takes every pair',
  });
}
