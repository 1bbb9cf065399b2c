/** The routes of a venue as the collectors use them: its streams, and what is asked by GET. */
import type { Clock } from '../../base/clock.ts';
import type { FeedTimeouts } from '../../network/websocket/feed-timeouts.ts';
import type { VenueNetwork } from '../../services/venue-network.ts';
import type { Check } from '../check.ts';
import { restRoute } from './rest-route.ts';
import { streamRoute } from './stream-route.ts';

export function venueRoutes(network: VenueNetwork, clock: Clock, timeouts?: FeedTimeouts): Check[] {
  const { venue, addresses } = network;
  return [
    ...venue.sources.flatMap((source) =>
      source.feed === undefined
        ? []
        : [streamRoute({ source, feed: source.feed, network, clock, ...(timeouts ? { timeouts } : {}) })],
    ),
    ...venue.routes.map((route) => restRoute({ ...route, url: route.url(addresses), network, clock })),
  ];
}
