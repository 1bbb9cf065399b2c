/** All views of a lake: those of its tables, and what the venues say of their own streams. */
import { LAKE_VIEWS } from '../lake/registry.ts';
import type { LakeView } from '../lake/table.ts';
import { VENUES } from './registry.ts';

/** What the liquidation stream of each venue is of all that happens there: totals of a sample are lower bounds. */
const LIQUIDATION_VENUES: LakeView = {
  name: 'liquidation_venues',
  reads: [],
  sql: `CREATE VIEW liquidation_venues AS
   SELECT * FROM (VALUES ${venueRows().join(', ')}) AS v(venue, stream, is_sample, what)`,
};

export const ALL_VIEWS: readonly LakeView[] = [LIQUIDATION_VENUES, ...LAKE_VIEWS];

function venueRows(): string[] {
  return VENUES.flatMap(({ name, sources }) =>
    sources.flatMap(({ completeness, feed }) =>
      completeness === undefined
        ? []
        : [
            `(${[name, feed?.stream ?? ''].map(quoted).join(', ')}, ${completeness.isSample}, ${quoted(completeness.note)})`,
          ],
    ),
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
