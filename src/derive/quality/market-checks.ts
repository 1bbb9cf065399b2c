/** Checks of a market beside another one. */
import type { MarketCheck } from './quality-check.ts';

export const MARKET_CHECKS: readonly MarketCheck[] = [
  {
    name: 'spot_futures',
    severity: 'warning',
    markets: ['usdm', 'spot'],
    find({ qualityDivergence }, futures, spot) {
      const percent = 100 * Math.abs(futures / spot - 1);
      const isFound = spot > 0 && percent > qualityDivergence;
      return isFound ? { value: percent, threshold: qualityDivergence } : undefined;
    },
  },
];
