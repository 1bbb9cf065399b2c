/** Which minutes of which symbols the table has. */
import { openIfThere } from '../../lake/open-if-there.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import { type BarSpan, readBars } from './read-bars.ts';

/** By `MARKET:SYMBOL`, open times in microseconds. */
export type KnownMinutes = ReadonlyMap<string, ReadonlySet<number>>;

export async function knownMinutes(lake: string, span: BarSpan): Promise<KnownMinutes> {
  const minutes = new Map<string, Set<number>>();
  const table = await openIfThere(lake, BARS_1M_TABLE);
  if (table === undefined) return minutes;
  for await (const { market = [], symbol = [], open_time = [] } of readBars(table, span, [
    'market',
    'symbol',
    'open_time',
  ])) {
    for (const [row, time] of open_time.entries()) {
      const key = `${String(market[row])}:${String(symbol[row])}`;
      let own = minutes.get(key);
      if (own === undefined) {
        own = new Set();
        minutes.set(key, own);
      }
      own.add(Number(time));
    }
  }
  return minutes;
}
