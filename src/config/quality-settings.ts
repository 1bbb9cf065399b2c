/** From where on bars and prices are findings. */
import type { Setting } from '../base/setting.ts';

export const QUALITY_SETTINGS = {
  qualityJump: {
    env: 'CRYPTO_LAKE_QUALITY_JUMP',
    kind: 'factor',
    fallback: '10',
    description: 'a close this many average true ranges from the one before is a finding',
  },
  qualityStuck: {
    env: 'CRYPTO_LAKE_QUALITY_STUCK',
    kind: 'duration',
    fallback: '1h',
    description: 'a price that is traded and does not move for so long is a finding',
  },
  qualityStale: {
    env: 'CRYPTO_LAKE_QUALITY_STALE',
    kind: 'duration',
    fallback: '10m',
    description: 'a ticker this old, or a symbol without bars for so long, is a finding',
  },
  qualityDivergence: {
    env: 'CRYPTO_LAKE_QUALITY_DIVERGENCE',
    kind: 'factor',
    fallback: '5',
    description: 'spot and futures of a symbol this many percent apart are a finding',
  },
  qualityClock: {
    env: 'CRYPTO_LAKE_QUALITY_CLOCK',
    kind: 'duration',
    fallback: '1s',
    description: 'a bar received so long before it closed is a finding: the clock is wrong',
  },
} as const satisfies Record<string, Setting>;
