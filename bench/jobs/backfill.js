import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROGRAM } from '../measure.js';
import { simulatorThread } from '../simulator-thread.js';

/** The command itself, start and all: history of bars on loopback, and once more, when nothing is missing. */
export default {
  title:
    'History of bars by `backfill`: a year of one symbol by REST, half a year of four from the archive, and each again',
  note: 'The exchange is simulated on this machine, in a process of its own whose limits are lifted for this; its zips are made before they are asked for',
  goals: { 'a year by REST, s': '≤ 120', 'archive, rows/s': '≥ 100,000', 'rows of the second runs': '≤ 0' },
  rounds: 1,
  prepare: ({ smoke }) =>
    simulatorThread({ market: 'none', symbols: 8, weightLimits: { spot: 1e9 } }, warmUp(smoke)),
  async ours({ folder, smoke }, simulator, round) {
    const lake = join(folder, `lake-${round}`);
    const year = smoke
      ? ['--since', '2025-03-01', '--until', '2025-03-08']
      : ['--since', '2025-01-01', '--until', '2026-01-01'];
    const rest = ['bars', '--symbols', 'BTCUSDT', ...year];
    const byRest = await backfill(simulator, lake, rest);
    const archive = ['bars', '--symbols', ARCHIVED.join(), ...monthsOf(smoke), '--source', 'archive'];
    const byArchive = await backfill(simulator, lake, archive);
    const again = [await backfill(simulator, lake, rest), await backfill(simulator, lake, archive)];
    return {
      'a year by REST, s': byRest.seconds,
      'archive, rows/s': byArchive.rows / byArchive.seconds,
      'archive, rows': byArchive.rows,
      'rows of the second runs': again[0].rows + again[1].rows,
    };
  },
  cleanUp: (_, simulator) => simulator.close(),
};

const ARCHIVED = ['ETHUSDT', 'usdm:BTCUSDT', 'usdm:ETHUSDT', 'coinm:BTCUSD_PERP'];

function monthsOf(smoke) {
  return smoke
    ? ['--since', '2024-01-01', '--until', '2024-02-01']
    : ['--since', '2024-01-01', '--until', '2024-07-01'];
}

/** The months of the archive, so that its zips are there. */
function warmUp(smoke) {
  const months = smoke ? ['2024-01'] : ['2024-01', '2024-02', '2024-03', '2024-04', '2024-05', '2024-06'];
  const folders = { spot: 'spot', usdm: 'futures/um', coinm: 'futures/cm' };
  return ARCHIVED.flatMap((text) => {
    const [market, symbol] = text.includes(':') ? text.split(':') : ['spot', text];
    return months.map(
      (month) => `/data/${folders[market]}/monthly/klines/${symbol}/1m/${symbol}-1m-${month}.zip.CHECKSUM`,
    );
  });
}

async function backfill({ restUrl }, lake, args) {
  const env = {
    ...process.env,
    BINANCE_SPOT_REST_URL: restUrl,
    BINANCE_FUTURES_REST_URL: restUrl,
    BINANCE_COINM_REST_URL: restUrl,
    BINANCE_ARCHIVE_URL: restUrl,
  };
  const started = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'backfill', ...args, '--lake', lake], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const rows = /stored ([\d,]+) bars/.exec(said)?.[1];
  if (code !== 0 || rows === undefined) throw new Error(`backfill ended with ${code}: ${said}`);
  return { rows: Number(rows.replaceAll(',', '')), seconds: (performance.now() - started) / 1000 };
}
