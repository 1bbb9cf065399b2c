/** `crypto-lake liquidations`, `prices` and `both`: collect under one supervisor until stopped. */
import type { Clock } from '../../base/clock.ts';
import { IngestThread } from '../../ingest/commit/ingest-thread.ts';
import { WORKING_STATES } from '../../lake/working-states.ts';
import { HostLimits } from '../../network/http/host-limits.ts';
import { RestClient } from '../../network/http/rest-client.ts';
import type { CollectorStatus } from '../../services/collector-status.ts';
import { LiquidationsService } from '../../services/liquidations-service.ts';
import { PricesService } from '../../services/prices-service.ts';
import { supervise } from '../../services/supervisor.ts';
import { UpkeepService } from '../../services/upkeep-service.ts';
import type { TickerSelection } from '../../sources/binance/ticker-request.ts';
import { readBans, saveBan } from '../../spool/state/bans.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { killAfter } from '../kill-after.ts';
import { createLogger } from '../logger.ts';
import { makeLake } from '../make-lake.ts';
import { notifySystemd } from '../sd-notify.ts';
import { StatusLine } from '../show/status-line.ts';
import { statusText } from '../show/status-text.ts';

export function collect(sources: readonly ('liquidations' | 'prices')[]): Command {
  return async (context, flags) => {
    const { config, io, clock, signal } = context;
    const spool = await makeLake(config);
    const line = new StatusLine(io);
    const log = await createCommandLogger(context, line);
    const gates = await openGates(spool, clock);
    const rest = new RestClient({ gates, clock, apiKey: config.apiKey, proxies: config });
    const ingest = new IngestThread();
    const shared = {
      ...config,
      spool,
      clock,
      log,
      gates,
      rest,
      proxies: config,
      ingest,
      flushMs: config.flush,
      duplicateWindowMs: config.duplicateWindow,
      unprovenAfterMs: config.unprovenAfter,
      intervalMs: config.interval,
      selection: selectionOf(context, flags),
    };
    const services = sources.map((source) =>
      source === 'liquidations' ? new LiquidationsService(shared) : new PricesService(shared),
    );
    const statuses: readonly CollectorStatus[] = services.map(({ status }) => status);
    // Upkeep ends with the last collector, whatever ended that.
    const collected = new AbortController();
    const upkeepSignal = AbortSignal.any([signal, collected.signal]);
    const upkeep = config.upkeep
      ? supervise({
          services: [new UpkeepService({ lake: config.lake, intervalMs: config.upkeepInterval, log })],
          signal: upkeepSignal,
          log,
        })
      : Promise.resolve([]);
    const text = () => statusText(statuses, clock.nowUs());
    line.start(text);
    const tellStopping = notifySystemd({
      env: process.env,
      isReady: () => statuses.some(({ state }) => WORKING_STATES.has(state)),
      isAlive: () => !ingest.isStalled,
      status: text,
      log,
    });
    signal.addEventListener('abort', tellStopping, { once: true });
    const kill = killAfter({ signal, log });
    try {
      const endings = await supervise({ services, signal, log });
      const [failure] = endings;
      if (failure !== undefined) throw failure;
      line.stop();
      io.say(lastWords(statuses));
    } finally {
      collected.abort();
      if (!signal.aborted) tellStopping();
      line.stop();
      await upkeep;
      await rest.close();
      if (await ingest.close()) kill.cancel();
      else kill.now();
    }
  };
}

/** @param folder of all spools of the lake. */
export function openGates(folder: string, clock: Clock): Promise<HostLimits> {
  return HostLimits.open(
    {
      read: () => readBans(folder),
      save: (host, untilMs, reason) => saveBan(folder, host, { untilMs, reason }),
    },
    clock,
  );
}

export function selectionOf({ config, origins }: CommandContext, flags: Flags): TickerSelection {
  if (flags.all === true) return { quotes: [], symbols: [] };
  // A flag beats the other setting, too, where that comes from the environment.
  if (origins.quotes === 'flag') return { quotes: config.quotes, symbols: [] };
  return { quotes: config.quotes, symbols: config.symbols };
}

export function createCommandLogger(
  { config, io, verbosity }: CommandContext,
  terminal: { write(text: string): unknown },
) {
  return createLogger({
    config,
    level: io.quiet ? 'error' : verbosity > 1 ? 'trace' : verbosity === 1 ? 'debug' : undefined,
    color: io.color,
    pretty: io.stderr.isTTY === true,
    terminal,
  });
}

function lastWords(statuses: readonly CollectorStatus[]): string {
  return statuses
    .map(({ source, rows, duplicates, backlog }) => {
      const table = source === 'liquidations' ? 'liquidation' : 'prices';
      const left = backlog > 0 ? `, ${backlog} segments left in the spool` : '';
      return `${source}: ${(rows[table] ?? 0).toLocaleString('en')} rows stored, ${duplicates.toLocaleString('en')} duplicates dropped${left}`;
    })
    .join('\n');
}
