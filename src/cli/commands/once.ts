/** `crypto-lake once`: one price collection, then exit; upkeep when it is due, so that cron users need nothing else. */
import { RestClient } from '../../connections/rest-client.ts';
import { collectOnce } from '../../services/collect-once.ts';
import { runUpkeep } from '../../services/upkeep-service.ts';
import { isUpkeepDue } from '../../upkeep/upkeep-due.ts';
import type { Command } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { createCommandLogger, openGates, selectionOf } from './collect.ts';

export const once: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  await makeLake(config.lake);
  const log = await createCommandLogger(context, io.stderr);
  const gates = await openGates(config.lake);
  const rest = new RestClient({ gates, clock, apiKey: config.apiKey });
  const startedMs = clock.monotonicMs();
  try {
    const { lake, spotRestUrl } = config;
    const selection = selectionOf(context, flags);
    const rows = await collectOnce({ lake, spotRestUrl, selection, clock, log, rest, signal });
    const stored = rows.prices ?? 0;
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
