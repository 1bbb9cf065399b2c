/** Every table of the lake. What lists tables, views or saved analyses walks this list; a new table is a line in it. */
import type { LakeTable } from './table.ts';
import { BAR_CORRECTIONS_TABLE } from './tables/bar-corrections.ts';
import { BARS_1M_TABLE } from './tables/bars-1m.ts';
import { BARS_ROLLUP_TABLE } from './tables/bars-rollup.ts';
import { CORPORATE_ACTIONS_TABLE } from './tables/corporate-actions.ts';
import { COVERAGE_TABLE } from './tables/coverage.ts';
import { FEATURES_TABLE } from './tables/features.ts';
import { INDICATORS_TABLE } from './tables/indicators.ts';
import { LIQUIDATION_TABLE } from './tables/liquidation.ts';
import { MODELS_TABLE } from './tables/models.ts';
import { PREDICTIONS_TABLE } from './tables/predictions.ts';
import { PRICES_TABLE } from './tables/prices.ts';
import { QUALITY_TABLE } from './tables/quality.ts';
import { QUARANTINE_TABLE } from './tables/quarantine.ts';
import { SYMBOLS_TABLE } from './tables/symbols.ts';
import { TRADES_TABLE } from './tables/trades.ts';

export const LAKE_TABLES: readonly LakeTable[] = [
  LIQUIDATION_TABLE,
  PRICES_TABLE,
  COVERAGE_TABLE,
  QUARANTINE_TABLE,
  BARS_1M_TABLE,
  BARS_ROLLUP_TABLE,
  BAR_CORRECTIONS_TABLE,
  INDICATORS_TABLE,
  FEATURES_TABLE,
  QUALITY_TABLE,
  TRADES_TABLE,
  SYMBOLS_TABLE,
  CORPORATE_ACTIONS_TABLE,
  MODELS_TABLE,
  PREDICTIONS_TABLE,
];

/** In the order in which they can be made: those over several tables build on those over one. */
export const LAKE_VIEWS = LAKE_TABLES.flatMap(({ views = [] }) => views).sort(
  (a, b) => a.reads.length - b.reads.length,
);

export const NAMED_QUERIES = LAKE_TABLES.flatMap(({ queries = [] }) => queries);
