/** `crypto-lake once`: one price collection, then exit; upkeep when it is due, so that cron users need nothing else. */

import { LakeError } from '../../base/errors.ts';
import { RestClient } from '../../network/http/rest-client.ts';
import { collectOnce } from '../../services/collect-once.ts';
import { runUpkeep } from '../../services/upkeep-service.ts';
import type { TickerSelection } from '../../sources/binance/ticker-request.ts';
import { isUpkeepDue } from '../../upkeep/upkeep-due.ts';
import type { Command } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { createCommandLogger, openGates, selectionOf } from './collect.ts';

/** What was chosen keeps nothing of the exchange's answer: sooner a wrong word than a market without pairs. */
function nothingKept({ quotes, symbols }: TickerSelection): LakeError {
  const chosen = symbols.length > 0 ? `the symbols ${symbols.join(',')}` : `quoted in ${quotes.join(',')}`;
  return new LakeError('USAGE', `no pair that trades is ${chosen}: nothing was stored`, {
    hint: 'they are written as the exchange does, such as `--quote USDT` or `--symbols BTCUSDT`; `--all` takes every pair',
  });
}

export const once: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  const spool = await makeLake(config);
  const log = await createCommandLogger(context, io.stderr);
  const gates = await openGates(spool, clock);
  const rest = new RestClient({ gates, clock, apiKey: config.apiKey, proxies: config });
  const startedMs = clock.monotonicMs();
  try {
    const { lake, spotRestUrl } = config;
    const selection = selectionOf(context, flags);
    const rows = await collectOnce({ lake, spool, spotRestUrl, selection, clock, log, rest, signal });
    const stored = rows.prices ?? 0;
    if (stored === 0 && !rows.quarantine) throw nothingKept(selection);
    const quarantined = rows.quarantine ? `, ${rows.quarantine} in quarantine` : '';
    io.say(
      `stored ${stored} prices${quarantined} in ${((clock.monotonicMs() - startedMs) / 1000).toFixed(1)} s`,
    );
  } finally {
    await rest.close();
  }
  if (config.upkeep && (await isUpkeepDue(config.lake))) {
    const complaint = await runUpkeep(config.lake, signal);
    if (complaint !== undefined && !signal.aborted)
      log.warn(`upkeep failed, the next run tries again: ${complaint}`);
  }
};
