import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { listen, until } from '../listen.js';

/** A socket that stays open, answers pings and sends nothing: until it is given up, and until another one listens. */
export default {
  title: 'a silent socket is noticed and replaced',
  goals: { 'noticed, s': '≤ 8', 'replaced, s': '≤ 10' },
  prepare: () => startSimulator({ market: 'steady', framesPerSecond: 50 }),
  async ours(_, simulator) {
    const connected = new Map();
    const gone = new Map();
    const stop = await listen(simulator.wsUrl, {
      sockets: 2,
      onConnected: (connection) => connected.set(connection, performance.now()),
      onDisconnected: (connection) => gone.set(connection, performance.now()),
    });
    await until(() => connected.size === 2, 10_000, 'both listen');
    const startedMs = performance.now();
    simulator.setFault({ fault: 'silent-socket', connection: 'oldest' });
    await until(() => gone.size === 1, 30_000, 'it is noticed');
    const [[connection, goneMs]] = gone;
    await until(() => connected.get(connection) > goneMs, 30_000, 'it is replaced');
    await stop();
    return {
      'noticed, s': (goneMs - startedMs) / 1000,
      'replaced, s': (connected.get(connection) - startedMs) / 1000,
    };
  },
  cleanUp: (_, simulator) => simulator.close(),
};
