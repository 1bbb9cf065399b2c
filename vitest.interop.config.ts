import { defineConfig } from 'vitest/config';

/** Tests that need real servers and browsers; part of `npm run interop`. */
export default defineConfig({
  test: {
    include: ['tests/interop/**/*.test.ts'],
    retry: process.env.CI ? 1 : 0,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
    passWithNoTests: true,
  },
});
