import { defineConfig } from 'vitest/config';
import { LONG_RUNNING } from './tests/long-running.js';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // They need real servers and browsers: `npm run interop`.
    exclude: ['tests/interop/**', ...LONG_RUNNING],
    reporters: ['default', ...(process.env.NO_SKIPS ? ['./tests/support/no-skips.js'] : [])],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 5,
  },
});
