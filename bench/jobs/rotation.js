import { naturalKey } from '../../dist/simulator/market/forced-order.js';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { listen, until } from '../listen.js';

const ROTATIONS = 5;

/** One socket alone, at 1,000 orders a second, replaced again and again as it is before the 24-hour limit. */
export default {
  title: `frames lost in ${ROTATIONS} planned rotations of a single socket`,
  goals: { 'frames lost': '≤ 0' },
  rounds: 3,
  async ours({ smoke }) {
    const simulator = await startSimulator({ market: 'steady', framesPerSecond: 1000 });
    const received = new Set();
    let disconnections = 0;
    const stop = await listen(simulator.wsUrl, {
      sockets: 1,
      maxAgeMs: 2000,
      onMessage: ({ data }) => {
        const { data: event } = JSON.parse(data.toString());
        if (event?.o) received.add(naturalKey(event.o));
      },
      onDisconnected: () => {
        disconnections++;
      },
    });
    const wanted = (smoke ? 1 : ROTATIONS) + 1;
    await until(() => simulator.stats().connections > wanted, 60_000, 'the rotations');
    simulator.setFault({ fault: 'quiet-market' });
    await simulator.confirm();
    const { liquidations, fed } = simulator.truth();
    await stop();
    await simulator.close();
    if (fed.length !== 1 || disconnections > 1) throw new Error('the connection was interrupted');
    return {
      'frames sent': liquidations.length,
      'frames lost': liquidations.filter(({ key }) => !received.has(key)).length,
    };
  },
};
