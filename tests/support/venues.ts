/** Venues beside the main one for a test, and a collector of their liquidations. */
import { onTestFinished } from 'vitest';
import {
  startVenueSimulator,
  type VenueSimulator,
  type VenueSimulatorOptions,
} from '../../src/simulator/venues/venue-simulator.ts';
import { start } from './program.ts';

/** Closed when the test ends. */
export async function venue(options: VenueSimulatorOptions): Promise<VenueSimulator> {
  const simulator = await startVenueSimulator({ canaryIntervalMs: 200, messagesPerSecond: 20, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

export function addressesOf(bybit: VenueSimulator, okx: VenueSimulator): Record<string, string> {
  return {
    BYBIT_WS_URL: bybit.wsUrl,
    BYBIT_REST_URL: bybit.restUrl,
    OKX_WS_URL: okx.wsUrl,
    OKX_REST_URL: okx.restUrl,
    CRYPTO_LAKE_VENUES: 'bybit,okx',
    CRYPTO_LAKE_FLUSH: '1s',
    CRYPTO_LAKE_UPKEEP: 'off',
  };
}

export function collect(lake: string, env: Record<string, string>) {
  const child = start(['liquidations', '--lake', lake], { env });
  const stop = async () => {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  };
  return { child, stop };
}
