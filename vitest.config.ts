import { defineConfig } from 'vitest/config';
import { LONG_RUNNING } from './tests/long-running.js';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // They need real servers and browsers: `npm run interop`.
    exclude: ['tests/interop/**', ...LONG_RUNNING],
    reporters: ['default', ...(process.env.NO_SKIPS ? ['./tests/support/no-skips.js'] : [])],
    // A machine that builds beside may be too slow for one try; what fails twice fails.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 5,
  },
});
