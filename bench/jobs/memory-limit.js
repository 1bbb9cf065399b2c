import { join } from 'node:path';
import { CLOSED_US, liveFiles, madeLake } from '../data.js';
import { measure, PROGRAM } from '../measure.js';

const LIMIT_KIB = 2 ** 20;

/**
 * A partition that fits into no memory, sorted where the kernel refuses more than 1 GiB: `ulimit -d`, which counts all
 * private writable memory, whether touched or not. (`ulimit -v` would also count address space that Node only reserves.)
 */
export default {
  title:
    'A partition of 30,000,000 rows sorted by `crypto-lake compact` under a hard limit of 1 GiB (`ulimit -d`)',
  goals: { 'peak MiB': '≤ 1024' },
  rounds: 1,
  prepare({ folder, smoke }) {
    const size = smoke ? { files: 2, rows: 20_000 } : { files: 300, rows: 30e6 };
    return madeLake(join(folder, 'lake'), { ...size, firstUs: CLOSED_US, days: 1 });
  },
  async ours(_, lake) {
    const before = await liveFiles(lake);
    const command = `ulimit -d ${LIMIT_KIB} && exec "$@"`;
    const args = ['-c', command, 'sh', process.execPath, PROGRAM, 'compact', '--quiet', '--lake', lake];
    const { seconds, peakMiB } = await measure('sh', args);
    const { files, rows, megabytes } = await liveFiles(lake);
    if (rows !== before.rows || files >= before.files) throw new Error(`${rows} rows in ${files} files`);
    return { seconds, 'peak MiB': peakMiB, 'result MB': megabytes, 'result files': files };
  },
};
