/** Brings the table of symbols in line with what the venues say now: a new version of each symbol that changed. */
import { LakeError } from '../../base/errors.ts';
import type { RestGet } from '../../base/facts.ts';
import type { InstrumentList, SymbolFacts, SymbolVersion } from '../../sources/instrument-list.ts';
import { appendSymbols, readSymbols } from './symbol-table.ts';

export interface InstrumentContext {
  readonly instruments: InstrumentList;
  readonly addresses: Readonly<Record<string, string>>;
  readonly rest: RestGet;
  readonly signal: AbortSignal;
}

const FACTS = [
  'status',
  'baseAsset',
  'quoteAsset',
  'contractType',
  'contractSize',
  'priceIncrement',
  'quantityIncrement',
  'timeZone',
] as const;
/** What a symbol that the venue no longer lists is called. */
const GONE = 'GONE';

/** @throws LakeError EXCHANGE_… */
export async function fetchFacts(
  { instruments, addresses, rest, signal }: InstrumentContext,
  market: string,
): Promise<readonly SymbolFacts[]> {
  const { url, weight } = instruments.request(addresses, market);
  const { body } = await rest.get(url, weight, signal);
  const facts = instruments.parse(body, market);
  if (facts !== undefined) return facts;
  throw new LakeError('EXCHANGE_NONSENSE', `${new URL(url).host} answered with no list of symbols`, {
    hint: 'check the addresses of the venue in the settings',
  });
}

/** @returns how many symbols got a new version. @throws LakeError EXCHANGE_… */
export async function refreshSymbols(
  lake: string,
  context: InstrumentContext,
  nowUs: number,
): Promise<number> {
  const known = new Map((await readSymbols(lake))?.map((one) => [keyOf(one), one]));
  const changed: SymbolVersion[] = [];
  for (const market of context.instruments.markets) {
    const facts = await fetchFacts(context, market);
    const listed = new Set(facts.map(keyOf));
    for (const one of facts) {
      const before = known.get(keyOf(one));
      if (before !== undefined && FACTS.every((name) => before[name] === one[name])) continue;
      changed.push({
        ...one,
        isWatched: before?.isWatched ?? false,
        isFeatured: before?.isFeatured ?? false,
      });
    }
    const [first] = facts;
    for (const one of known.values()) {
      const isOurs = one.venue === first?.venue && one.market === market;
      if (isOurs && !listed.has(keyOf(one)) && one.status !== GONE) changed.push({ ...one, status: GONE });
    }
  }
  await appendSymbols(lake, changed, nowUs);
  return changed.length;
}

/** Watches what is traded most, where nobody has chosen anything. @returns what is watched now. */
export async function watchPopular(
  lake: string,
  context: InstrumentContext,
  nowUs: number,
  count: number,
): Promise<readonly SymbolVersion[]> {
  const { popular } = context.instruments;
  if (popular === undefined) return [];
  const { market, url, weight } = popular.request(context.addresses);
  const { body } = await context.rest.get(url, weight, context.signal);
  const names = popular.parse(body).slice(0, count);
  const facts = (await fetchFacts(context, market)).filter(({ symbol }) => names.includes(symbol));
  const versions = facts.map((one) => ({ ...one, isWatched: true, isFeatured: false }));
  await appendSymbols(lake, versions, nowUs);
  return versions;
}

export function keyOf({ venue, market, symbol }: Pick<SymbolFacts, 'venue' | 'market' | 'symbol'>): string {
  return `${venue} ${market} ${symbol}`;
}
