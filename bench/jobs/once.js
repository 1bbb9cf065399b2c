import { join } from 'node:path';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { measure, PROGRAM } from '../measure.js';

/** `crypto-lake once` against the simulator with 500 symbols, from start to exit. */
export default {
  title: 'one price collection from start to exit',
  goals: { 'once, s': '≤ 2' },
  prepare: () => startSimulator({ market: 'none', symbols: 500 }),
  async ours({ folder }, simulator) {
    const env = { ...process.env, BINANCE_SPOT_REST_URL: simulator.restUrl, CRYPTO_LAKE_UPKEEP: 'off' };
    const { seconds } = await measure(
      process.execPath,
      [PROGRAM, 'once', '--quiet', '--lake', join(folder, 'lake')],
      { env },
    );
    return { 'once, s': seconds };
  },
  cleanUp: (_, simulator) => simulator.close(),
};
