import { mergeConfig } from 'vitest/config';
import { LONG_RUNNING } from './tests/long-running.js';
import quick from './vitest.config.ts';

/** What `npm test` leaves out to stay within two minutes. */
export default mergeConfig(
  { ...quick, test: { ...quick.test, include: [], exclude: [] } },
  { test: { include: LONG_RUNNING, maxWorkers: 3, testTimeout: 60_000 } },
);
