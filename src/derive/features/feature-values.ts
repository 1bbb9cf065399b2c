import { FEATURE_NAMES, type FeatureName } from '../../lake/tables/features.ts';

/** One bar's features, each at its place in {@link FEATURE_AT}; NaN is null. */
export type FeatureValues = Float64Array;

export const FEATURE_AT = Object.fromEntries(FEATURE_NAMES.map((name, at) => [name, at])) as Readonly<
  Record<FeatureName, number>
>;

/** A quotient, null where there is nothing to divide by. */
export function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? Number.NaN : numerator / denominator;
}
