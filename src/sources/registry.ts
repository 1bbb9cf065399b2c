/**
 * Every venue with its sources. What collects, stores, checks, lists or documents sources walks this list; a new venue is
 * its own folder and a line here. It is loaded by `--help`: sources import nothing that takes time to load.
 */
import { BINANCE } from './binance/venue.ts';
import { BYBIT } from './bybit/venue.ts';
import { OKX } from './okx/venue.ts';
import type { Source } from './source.ts';
import type { Venue } from './venue.ts';
import { YAHOO } from './yahoo/venue.ts';

export const VENUES: readonly Venue[] = [BINANCE, BYBIT, OKX, YAHOO];

/** @throws RangeError for a name that no source has. */
export function sourceOf(id: string, venues: readonly Venue[] = VENUES): Source {
  const source = venues.flatMap(({ sources }) => sources).find((candidate) => candidate.id === id);
  if (source === undefined) throw new RangeError(`there is no source ${id}`);
  return source;
}
