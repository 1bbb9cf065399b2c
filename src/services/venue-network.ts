/** All that goes to one venue: its addresses, its limits, and a client that keeps to them. */
import type { Clock } from '../base/clock.ts';
import { HostLimits } from '../network/http/host-limits.ts';
import { RestClient, type RestClientOptions } from '../network/http/rest-client.ts';
import type { ProxySettings } from '../network/proxy-rules.ts';
import type { Venue } from '../sources/venue.ts';
import { readBans, saveBan } from '../spool/state/bans.ts';

export interface VenueNetwork {
  readonly venue: Venue;
  /** By the name of their setting. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly hostLimits: HostLimits;
  readonly rest: RestClient;
  readonly proxies: ProxySettings | undefined;
}

export interface VenueNetworkOptions {
  readonly addresses: Readonly<Record<string, string>>;
  /** The folder of all spools of the lake, where bans are kept. */
  readonly spool: string;
  readonly clock: Clock;
  readonly apiKey: string | undefined;
  readonly proxies?: ProxySettings | undefined;
  /** For the client. */
  readonly rest?: Pick<RestClientOptions, 'maxAttempts' | 'timeoutMs'>;
}

export async function openVenueNetwork(venue: Venue, options: VenueNetworkOptions): Promise<VenueNetwork> {
  const { addresses, spool, clock, apiKey, proxies } = options;
  const hosts = new Set(venue.settings.map(({ env }) => new URL(addresses[env] ?? '').host));
  const { limits } = venue;
  const hostLimits = await HostLimits.open({
    store: {
      read: () => readBans(spool),
      save: (host, untilMs, reason) => saveBan(spool, host, { untilMs, reason }),
    },
    clock,
    limits,
    isOurs: (host) => hosts.has(host),
  });
  return {
    venue,
    addresses,
    hostLimits,
    rest: new RestClient({ hostLimits, clock, limits, apiKey, proxies, ...options.rest }),
    proxies,
  };
}
