/** Where the rows come from: features where they were derived for this instrument, else the lags of polled prices. */
import { didYouMean } from '../base/did-you-mean.ts';
import { LakeError } from '../base/errors.ts';
import type { Timeframe } from '../lake/timeframe.ts';
import { featuresQuery, LAG_FEATURES } from './data/features-query.ts';
import { openPinnedSession } from './data/pinned-session.ts';
import { PRICE_LAGS } from './data/prices-query.ts';
import { rowQueryOf } from './data/row-query-of.ts';
import { surveyRows } from './data/survey-rows.ts';
import type { Instrument } from './instrument.ts';
import { refuseLabelNames } from './judge/leak-guard.ts';
import type { Recipe } from './recipe.ts';

export interface AskedRows {
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  readonly sinceUs: number;
  readonly cutUs: number;
  /** `lags`, `all`, or names. */
  readonly features: 'lags' | 'all' | readonly string[];
}

export async function chooseSource(
  { lake, memoryBytes }: { readonly lake: string; readonly memoryBytes: number },
  asked: AskedRows,
): Promise<Pick<Recipe, 'source' | 'features'>> {
  const { features: wanted } = asked;
  if (typeof wanted !== 'string') refuseLabelNames(wanted);
  const source =
    wanted !== 'lags' && wanted !== 'all' && wanted.some((name) => name.includes('_t-'))
      ? 'prices'
      : (await hasFeatures(lake, memoryBytes, asked))
        ? 'features'
        : 'prices';
  const known = rowQueryOf({ source, timeframe: asked.timeframe }).featureNames;
  if (wanted === 'lags') return { source, features: source === 'features' ? LAG_FEATURES : PRICE_LAGS };
  if (wanted === 'all') return { source, features: known };
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return { source, features: [...new Set(wanted)] };
  throw new LakeError('USAGE', `there is no feature \`${unknown.slice(0, 60)}\` in \`${source}\``, {
    hint: didYouMean(unknown, known),
  });
}

async function hasFeatures(lake: string, memoryBytes: number, asked: AskedRows): Promise<boolean> {
  const { session } = await openPinnedSession({ lake, memoryBytes, tables: ['features'] });
  try {
    const request = { ...asked, features: [], fromUs: asked.sinceUs, toUs: asked.cutUs, labelBars: 0 };
    const { rows } = await surveyRows(session.connection, featuresQuery(asked.timeframe), request);
    return rows > 0;
  } finally {
    await session.close();
  }
}
