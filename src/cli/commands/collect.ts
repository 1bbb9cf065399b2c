/** `crypto-lake liquidations`, `prices` and `both`: collect under one supervisor until stopped. */
import type { Logger } from 'pino';
import { LakeError } from '../../base/errors.ts';
import { isObjectStore } from '../../base/location.ts';
import { IngestThread } from '../../ingest/commit/ingest-thread.ts';
import { WORKING_STATES } from '../../lake/working-states.ts';
import { liveSocketPath, PublishSocket } from '../../live/publish-socket.ts';
import { createBarsCollector } from '../../services/bars/bars-collector.ts';
import { WatchedBarsSchedule } from '../../services/bars/watched-bars-schedule.ts';
import type { CollectorStatus } from '../../services/collector-status.ts';
import { IntervalSchedule } from '../../services/interval-schedule.ts';
import { PollCollector } from '../../services/poll-collector.ts';
import { StreamCollector } from '../../services/stream-collector.ts';
import { supervise } from '../../services/supervisor.ts';
import { createTradesCollector } from '../../services/trades/trades-collector.ts';
import type { VenueNetwork } from '../../services/venue-network.ts';
import { chosenVenues } from '../../sources/chosen-venues.ts';
import { VENUES } from '../../sources/registry.ts';
import type { Source } from '../../sources/source.ts';
import type { Venue } from '../../sources/venue.ts';
import { childCommand } from '../child-command.ts';
import type { Command, CommandContext } from '../context.ts';
import { createCommandLogger } from '../create-command-logger.ts';
import { killAfter } from '../kill-after.ts';
import { makeLake } from '../make-lake.ts';
import { openMetrics } from '../open-metrics.ts';
import { openNetwork } from '../open-network.ts';
import { openWatchList } from '../open-watch-list.ts';
import { notifySystemd } from '../sd-notify.ts';
import { selectionOf } from '../selection-of.ts';
import { StatusLine } from '../show/status-line.ts';
import { statusText } from '../show/status-text.ts';
import { startUpkeep } from '../start-upkeep.ts';

/** @param commands `liquidations`, `prices`: what sources call the command that collects them. */
export function collect(commands: readonly string[]): Command {
  return async (context, flags) => {
    const { config, io, clock, signal } = context;
    const names = flags.bars === true ? [...commands, 'bars'] : commands;
    const wanted = sourcesOf(names, config.venues);
    if (flags.shared === true) checkShared(wanted, config.lake);
    const spool = await makeLake(config);
    const line = new StatusLine(io);
    const log = await createCommandLogger(context, line);
    const ingest = new IngestThread();
    const networks = await networksOf(wanted, context, spool);
    const watchList = openWatchList(context, names, networks.values(), log);
    const live = new PublishSocket(liveSocketPath(spool, commands[0] ?? ''), log);
    await live.open();
    const rests = [...networks.values()].map(({ rest }) => rest);
    const metrics = await openMetrics(flags, { spool, clock, command: commands.join('+'), rests });
    const services = wanted.map(({ source, venue }) => {
      const options = {
        source,
        network: networks.get(venue.name) as VenueNetwork,
        lake: config.lake,
        spool,
        ingest,
        clock,
        log,
        flushMs: config.flush,
        duplicateWindowMs: config.duplicateWindow,
        isShared: flags.shared === true,
      };
      const stream = {
        ...options,
        sockets: config.sockets,
        unprovenAfterMs: config.unprovenAfter,
        onFrame: (connection: string, payload: Buffer, receivedAtUs: number) =>
          live.frame(source.id, connection, payload, receivedAtUs),
      };
      if (source.history !== undefined) {
        const bars = { ...stream, watchList, rereadAfterMs: config.barsRecheck };
        if (source.feed !== undefined) return createBarsCollector(bars);
        return new PollCollector({ ...options, schedule: new WatchedBarsSchedule(bars) });
      }
      if (source.tradeHistory !== undefined) return createTradesCollector({ ...stream, watchList });
      if (source.feed !== undefined) return new StreamCollector(stream);
      const asked = { ...options, intervalMs: config.interval, selection: selectionOf(context, flags) };
      return new PollCollector({ ...options, schedule: new IntervalSchedule(asked) });
    });
    const statuses: readonly CollectorStatus[] = services.map(({ status }) => status);
    // Upkeep ends with the last collector, whatever ended that.
    const collected = new AbortController();
    const upkeep = startUpkeep(
      context,
      log,
      AbortSignal.any([signal, collected.signal]),
      metrics ? [metrics.registry] : [],
    );
    const deriving = flags.bars === true ? startDerive(context, log, collected.signal) : undefined;
    const text = () => statusText(statuses, clock.nowUs());
    line.start(text);
    const announceStop = notifySystemd({
      env: process.env,
      isReady: () => statuses.some(({ state }) => WORKING_STATES.has(state)),
      isAlive: () => !ingest.isStalled,
      status: text,
      log,
    });
    signal.addEventListener('abort', announceStop, { once: true });
    const kill = killAfter({ signal, log });
    try {
      const endings = await supervise({ services, signal, log });
      const [failure] = endings;
      if (failure !== undefined) throw failure;
      line.stop();
      io.say(lastWords(statuses));
    } finally {
      collected.abort();
      if (!signal.aborted) announceStop();
      line.stop();
      await live.close();
      await metrics?.close();
      await upkeep;
      await deriving;
      await Promise.all(rests.map((rest) => rest.close()));
      if (await ingest.close()) kill.cancel();
      else kill.now();
    }
  };
}

interface WantedSource {
  readonly source: Source;
  readonly venue: Venue;
}

/** The chosen venues are those of liquidations; of other things there is one source, or symbols say which. */
function sourcesOf(commands: readonly string[], names: readonly string[]): readonly WantedSource[] {
  const chosen = chosenVenues(names);
  const wanted = VENUES.flatMap((venue) =>
    venue.sources
      .filter(
        ({ command, completeness }) =>
          commands.includes(command) && (completeness === undefined || chosen.includes(venue)),
      )
      .map((source) => ({ source, venue })),
  );
  if (wanted.length > 0) return wanted;
  throw new LakeError('USAGE', `no chosen venue has ${commands.join(' or ')}`, {
    hint: '`--venue` and `CRYPTO_LAKE_VENUES` say which venues',
  });
}

async function networksOf(
  wanted: readonly WantedSource[],
  { config, clock }: CommandContext,
  spool: string,
): Promise<ReadonlyMap<string, VenueNetwork>> {
  const venues = [...new Set(wanted.map(({ venue }) => venue))];
  const networks = await Promise.all(venues.map((venue) => openNetwork(venue, config, spool, clock)));
  return new Map(networks.map((network) => [network.venue.name, network]));
}

/** Bars of all lengths, indicators and features, after each commit of bars, until the last collector has ended. */
function startDerive(context: CommandContext, log: Logger, signal: AbortSignal): Promise<unknown> {
  const service = childCommand('derive', ['derive', '--follow'], context, log);
  return supervise({ services: [service], signal, log });
}

function lastWords(statuses: readonly CollectorStatus[]): string {
  return statuses
    .filter(({ isIdle }) => !isIdle)
    .map(({ source, table, rows, duplicates, backlog }) => {
      const left = backlog > 0 ? `, ${backlog} segments left in the spool` : '';
      return `${source}: ${(rows[table] ?? 0).toLocaleString('en')} rows stored, ${duplicates.toLocaleString('en')} duplicates dropped${left}`;
    })
    .join('\n');
}

/** @throws LakeError USAGE where two machines would overwrite each other, or store the same moment twice. */
function checkShared(wanted: ReturnType<typeof sourcesOf>, lake: string): void {
  if (!isObjectStore(lake)) {
    throw new LakeError(
      'USAGE',
      '`--shared` is for a lake on an object store, where machines commit safely',
      {
        hint: 'choose one with `--lake s3://BUCKET/PREFIX`',
      },
    );
  }
  const single = wanted.find(
    ({ source }) =>
      source.dedup === undefined || source.history !== undefined || source.tradeHistory !== undefined,
  );
  if (single === undefined) return;
  throw new LakeError(
    'USAGE',
    `\`${single.source.id}\` cannot be shared: two machines would store readings of their own`,
    {
      hint: 'collect `liquidations --shared` on every machine, and this on one of them; another may take over',
    },
  );
}
