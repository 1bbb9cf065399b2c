import type { Recipe } from '../recipe.ts';
import { featuresQuery } from './features-query.ts';
import { pricesQuery } from './prices-query.ts';
import type { RowQuery } from './row-query.ts';

/** The query that gives the rows of a recipe. */
export function rowQueryOf({ source, timeframe }: Pick<Recipe, 'source' | 'timeframe'>): RowQuery {
  return source === 'features' ? featuresQuery(timeframe) : pricesQuery(timeframe);
}
