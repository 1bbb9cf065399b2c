/** The venues that a person named. */
import { LakeError } from '../base/errors.ts';
import { VENUES } from './registry.ts';
import type { Venue } from './venue.ts';

/** @param names of venues, or `all`. @throws LakeError USAGE for a name that no venue has. */
export function chosenVenues(names: readonly string[], venues: readonly Venue[] = VENUES): readonly Venue[] {
  const known = venues.map(({ name }) => name);
  const unknown = names.find((name) => name !== 'all' && !known.includes(name));
  if (unknown !== undefined || names.length === 0) {
    const problem = unknown === undefined ? 'no venue is chosen' : `there is no venue \`${unknown}\``;
    throw new LakeError('USAGE', problem, {
      hint: `\`--venue\` and \`CRYPTO_LAKE_VENUES\` take ${known.join(', ')}, separated by commas, or \`all\``,
    });
  }
  return names.includes('all') ? venues : venues.filter(({ name }) => names.includes(name));
}
