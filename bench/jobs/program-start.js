import { measure, PROGRAM } from '../measure.js';
import { median } from '../statistics.js';

/** `crypto-lake --help` beside bare Node, and beside Python with the libraries that the same work takes. */
export default {
  title: '`--help` from start to exit, medians of 10',
  goals: { 'help, s': '≤ 1.6 × bare Node' },
  ours: () => medianOfTen(['--no-warnings', PROGRAM, '--help']),
  beside: { 'bare Node': () => medianOfTen(['-e', '0']) },
  peers: {
    'Python libraries': ({ python }) => medianOfTen(['-c', 'import deltalake, polars, duckdb'], python),
  },
};

async function medianOfTen(args, program = process.execPath) {
  const times = [];
  for (let i = 0; i < 10; i++) times.push((await measure(program, args)).seconds);
  return { 'help, s': median(times) };
}
