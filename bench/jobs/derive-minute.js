import { join } from 'node:path';
import { watch } from '../bars.js';
import { measure } from '../measure.js';

/** What a bar waits for its indicators while `derive --follow` runs. */
export default {
  title: 'One minute of 450 symbols: bars committed → indicators of all lengths that end then committed',
  note: 'Commits are synced on both sides; bars of 5m, 15m and 1h end within the run. Computing is that of the 13 indicators of 450 bars',
  goals: { 'p99, ms': '≤ 1000', 'computing, ms': '≤ 20' },
  rounds: 1,
  async ours({ folder, here, smoke }, _, round) {
    const [symbols, minutes] = smoke ? [5, 6] : [450, 120];
    const lake = join(folder, `lake-${round}`);
    await watch(lake, symbols, 0);
    const script = (name) => join(here, 'ours', name);
    const increment = await measure(
      process.execPath,
      [script('derive-minute.js'), lake, String(symbols), String(minutes)],
      { capture: true },
    );
    const computing = await measure(process.execPath, [script('derive-computing.js'), String(symbols)], {
      capture: true,
    });
    return { ...JSON.parse(increment.stdout), 'computing, ms': Number(computing.stdout) };
  },
};
