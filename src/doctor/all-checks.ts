/** What `doctor` looks at, in order: the program, the disk, the tables, the spool, and the network if it is asked for. */
import type { Clock } from '../base/clock.ts';
import { isObjectStore } from '../base/location.ts';
import type { Config } from '../config/config.ts';
import { measureClockOffset } from '../network/http/clock-offset.ts';
import type { FeedTimeouts } from '../network/websocket/feed-timeouts.ts';
import type { VenueNetwork } from '../services/venue-network.ts';
import { collectingCommand } from '../sources/collecting-command.ts';
import { spoolRoot } from '../spool/state/spool-folder.ts';
import type { Check } from './check.ts';
import { diskSpace } from './disk/disk-space.ts';
import { hardLinks } from './disk/hard-links.ts';
import { lakeWritable } from './disk/lake-writable.ts';
import { objectStore } from './disk/object-store.ts';
import { temporaryFolder } from './disk/temporary-folder.ts';
import { httpfs } from './program/httpfs.ts';
import { nativeParts } from './program/native-parts.ts';
import { nodeVersion } from './program/node-version.ts';
import { exchangeBans } from './routes/exchange-bans.ts';
import { networkSettings } from './routes/network-settings.ts';
import { venueRoutes } from './routes/venue-routes.ts';
import { spoolLeftOver } from './spool/spool-left-over.ts';
import { checkpointAge } from './tables/checkpoint-age.ts';
import { clockOffset } from './tables/clock-offset.ts';
import { dataFiles } from './tables/data-files.ts';
import { logHealth } from './tables/log-health.ts';
import { type OpenedTables, openTables } from './tables/opened-tables.ts';
import { orphans } from './tables/orphans.ts';
import { qualityFindings } from './tables/quality-findings.ts';
import { smallFiles } from './tables/small-files.ts';

export interface Network {
  /** A way to each venue that is looked at. */
  readonly venues: readonly VenueNetwork[];
  readonly timeouts?: FeedTimeouts;
}

export interface AllChecksOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** Undefined: nothing is asked of the exchange. */
  readonly network: Network | undefined;
  /** A command of this program for the same lake, as one types it. */
  readonly command: (words: string) => string;
}

export function allChecks({ config, clock, network, command }: AllChecksOptions): Check[] {
  const { lake } = config;
  const first = network?.venues.find(({ venue }) => venue.serverTime !== undefined);
  const spool = spoolRoot(config);
  const onDisk = isObjectStore(lake) ? spool : lake;
  const nowMs = clock.nowUs() / 1000;
  let opening: Promise<OpenedTables> | undefined;
  const tables = () => {
    opening ??= openTables(lake);
    return opening;
  };
  const verify = (table: string) => `\`${command(`tables --verify ${table}`)}\``;
  return [
    nodeVersion(),
    nativeParts(),
    networkSettings(config),
    objectStore(lake),
    httpfs(lake, config.httpfs),
    lakeWritable(onDisk, spool),
    hardLinks(onDisk),
    temporaryFolder(),
    diskSpace({
      lake: onDisk,
      tables,
      nowMs,
      fix: `make room on the disk, or move the lake to a larger one; \`${command('compact --vacuum')}\` frees what no version needs`,
    }),
    logHealth(tables, verify),
    dataFiles(tables, verify),
    checkpointAge(tables, `\`${command('compact')}\``),
    smallFiles(tables, `\`${command('compact')}\``),
    orphans(tables, nowMs, `\`${command('compact --vacuum')}\``),
    qualityFindings(lake, nowMs),
    spoolLeftOver(spool, {
      collect: (source) => `\`${command(collectingCommand(source))}\` stores them first`,
      takeBack: `\`${command('spool --take-back')}\` stores what the tables lack of them`,
    }),
    exchangeBans(spool, nowMs),
    clockOffset({
      tables,
      measure: first && ((signal) => measureOffset(first, signal)),
    }),
    ...(network === undefined
      ? [notAsked(command)]
      : network.venues.flatMap((venue) => venueRoutes(venue, clock, network.timeouts))),
  ];
}

async function measureOffset({ venue, rest, addresses }: VenueNetwork, signal: AbortSignal) {
  const { serverTime } = venue;
  if (serverTime === undefined) return undefined;
  return measureClockOffset(rest, { ...serverTime, url: serverTime.url(addresses) }, signal);
}

function notAsked(command: (words: string) => string): Check {
  const text = `not asked; \`${command('doctor --network')}\` does`;
  return { name: 'network', run: async () => ({ status: 'skipped', text }) };
}
