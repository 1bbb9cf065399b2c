/** Hosts that must not be asked now, as an earlier run learned. */
import { timeLeftText } from '../../base/duration.ts';
import { readBans } from '../../spool/state/bans.ts';
import type { Check } from '../check.ts';

export function exchangeBans(spool: string, nowMs: number): Check {
  return {
    name: 'bans',
    async run() {
      const bans = Object.entries(await readBans(spool));
      const [first, ...more] = bans.filter(([, { untilMs }]) => untilMs > nowMs);
      if (first === undefined) return { status: 'ok', text: 'no host has banned this address' };
      const [host, { untilMs, reason }] = first;
      const others = more.length > 0 ? `, and ${more.map(([name]) => name).join(', ')} too` : '';
      return {
        status: 'fail',
        text: `${host} must not be asked for ${timeLeftText(untilMs - nowMs)}${others}: ${reason}`,
        fix: `wait until ${new Date(untilMs).toISOString()}; end what else asks a lot from this address`,
      };
    },
  };
}
