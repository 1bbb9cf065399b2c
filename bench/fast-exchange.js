/** The simulator as a process of its own: `fast-clock.cjs` bends the clock of a whole process. */
import { startSimulator } from '../dist/simulator/start-simulator.js';

const { wsUrl, restUrl } = await startSimulator({ market: 'flood', framesPerSecond: 200 });
process.send?.({ wsUrl, restUrl });
process.on('disconnect', () => process.exit());
