import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { BarSeries } from '../../../src/derive/bars/bar-series.ts';
import { INDICATOR_NAMES, IndicatorSet } from '../../../src/derive/indicators/indicator-set.ts';
