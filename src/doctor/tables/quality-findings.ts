/** What the checks of quality found in bars and prices of the last day. Findings are no damage: data may really be so. */
import { recentFindings } from '../../derive/quality/recent-findings.ts';
import type { Check } from '../check.ts';

const DAY_US = 86_400_000_000;

export function qualityFindings(lake: string, nowMs: number): Check {
  return {
    name: 'quality',
    async run() {
      const found = await recentFindings(lake, nowMs * 1000 - DAY_US);
      if (found.length === 0) return { status: 'ok', text: 'no findings in bars and prices of the last day' };
      const text = found.map(({ check, findings }) => `${findings} × ${check}`).join(', ');
      return { status: 'warn', text, fix: 'look at them: `crypto-lake read quality --since 1d`' };
    },
  };
}
