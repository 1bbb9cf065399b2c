import { measure, PROGRAM } from '../measure.js';

/** `crypto-lake --help` beside bare Node; medians of 10 starts each. */
export default {
  title: 'program start beside bare Node',
  goals: { 'help, s': '≤ 1.6 × bare Node' },
  ours: () => fastest(['--no-warnings', PROGRAM, '--help']),
  peer: () => fastest(['-e', '0']),
};

async function fastest(args) {
  const times = [];
  for (let i = 0; i < 10; i++) times.push((await measure(process.execPath, args)).seconds);
  return { 'help, s': times.sort((a, b) => a - b)[5] };
}
