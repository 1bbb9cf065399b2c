import { join } from 'node:path';
import { measure, PROGRAM } from '../measure.js';
import { yearOfBars } from '../year-of-bars.js';

const FOLDS = 5;
const HORIZON = 1;

/** `crypto-lake train` from start to the model in its registry, beside what Polars and scikit-learn take for the same. */
export default {
  title:
    'A linear model on 525,600 one-minute bars with 81 features: read, fitted, judged by walk-forward in 5 folds with a bootstrap of 1,000',
  note: 'Both sides read the same Delta tables and come to the same skill. Ours also looks for leaks and collinear columns, and stores the model',
  goals: { seconds: ['≤ 15', '≤ 1.5 ×'], 'peak MB': '≤ 600' },
  async prepare(context) {
    return { ...(await yearOfBars(context)), skills: [] };
  },
  async ours(_context, { lake, startUs, endUs, skills }) {
    const iso = (us) => new Date(us / 1000).toISOString();
    const args = ['train', '--symbol', 'BTCUSDT', '--features', 'all', '--since', iso(startUs)];
    args.push('--until', iso(endUs + 60e6), '--promote', 'never', '--quiet', '--json', '--lake', lake);
    const { stdout, seconds, peakMiB } = await measure(process.execPath, [PROGRAM, ...args], {
      capture: true,
    });
    return figures(skills, JSON.parse(stdout)[0], seconds, peakMiB);
  },
  peers: {
    async 'scikit-learn'({ python, here }, { lake, skills }) {
      const args = [join(here, 'peers', 'train.py'), lake, String(FOLDS), String(HORIZON)];
      const { stdout, seconds, peakMiB } = await measure(python, args, { capture: true });
      return figures(skills, JSON.parse(stdout), seconds, peakMiB);
    },
  },
};

/** Whoever judges otherwise than the others did is not fast but wrong. */
function figures(skills, { skill, rows }, seconds, peakMiB) {
  skills.push({ skill, rows });
  const [first] = skills;
  if (rows !== first.rows || !(Math.abs(skill - first.skill) < 1e-9))
    throw new Error(`skills differ: ${JSON.stringify(skills)}`);
  return { seconds, 'peak MB': (peakMiB * 2 ** 20) / 1e6 };
}
