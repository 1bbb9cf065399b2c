/** The way to venues as the settings have it: one for each, so that what one refuses holds up no other. */
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { openVenueNetwork, type VenueNetwork, type VenueNetworkOptions } from '../services/venue-network.ts';
import type { Venue } from '../sources/venue.ts';

/** @param spool the folder of all spools of the lake. */
export function openNetwork(
  venue: Venue,
  config: Config,
  spool: string,
  clock: Clock,
  rest?: VenueNetworkOptions['rest'],
): Promise<VenueNetwork> {
  const { addresses, apiKey } = config;
  return openVenueNetwork(venue, {
    addresses,
    spool,
    clock,
    apiKey,
    proxies: config,
    ...(rest ? { rest } : {}),
  });
}
