/** Brings the table of symbols in line with what the venues say now: a new version of each symbol that changed. */
import { LakeError } from '../../base/errors.ts';
import type { FactContext } from '../../base/facts.ts';
import type { InstrumentList, SymbolFacts, SymbolVersion } from '../../sources/instrument-list.ts';
import { appendSymbols, readSymbols } from './symbol-table.ts';

export interface InstrumentContext extends FactContext {
  readonly instruments: InstrumentList;
  /** The venue's name. */
  readonly venue: string;
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
  'sessionStartUs',
  'sessionEndUs',
] as const;
/** What a symbol that the venue no longer lists is called. */
const GONE = 'GONE';

/** @throws LakeError EXCHANGE_… */
export async function fetchFacts(
  context: InstrumentContext,
  market: string,
): Promise<readonly SymbolFacts[]> {
  const facts = await context.instruments.list?.(context, market);
  if (facts !== undefined) return facts;
  throw new LakeError('EXCHANGE_NONSENSE', `${context.venue} answered with no list of symbols`, {
    hint: 'check the addresses of the venue in the settings',
  });
}

/**
 * Market by market: one that cannot be asked holds up no other.
 * @returns how many symbols got a new version. @throws LakeError EXCHANGE_…, when all others are done.
 */
export async function refreshSymbols(
  lake: string,
  context: InstrumentContext,
  nowUs: number,
): Promise<number> {
  const known = (await readSymbols(lake))?.filter(({ venue }) => venue === context.venue) ?? [];
  const changed: SymbolVersion[] = [];
  let failure: unknown;
  for (const market of context.instruments.markets) {
    const own = known.filter((one) => one.market === market);
    try {
      changed.push(...changesOf(own, await factsOf(context, market, own)));
    } catch (error) {
      context.signal.throwIfAborted();
      failure ??= error;
    }
  }
  await appendSymbols(lake, changed, nowUs);
  if (failure !== undefined) throw failure;
  return changed.length;
}

async function factsOf(
  context: InstrumentContext,
  market: string,
  known: readonly SymbolVersion[],
): Promise<readonly SymbolFacts[]> {
  if (context.instruments.list === undefined) return factsOfKnown(context, known);
  const facts = await fetchFacts(context, market);
  if (facts.length > 0 || known.every(({ status }) => status === GONE)) return facts;
  throw new LakeError('EXCHANGE_NONSENSE', `${context.venue} says that nothing is traded on ${market}`, {
    hint: 'what is known of its symbols stays; it is asked again later',
  });
}

/** The new versions of what was known, given what the venue says of all its symbols now. */
export function changesOf(
  known: readonly SymbolVersion[],
  facts: readonly SymbolFacts[],
): readonly SymbolVersion[] {
  const before = new Map(known.map((one) => [keyOf(one), one]));
  const listed = new Set(facts.map(keyOf));
  const news = facts.filter((one) => {
    const old = before.get(keyOf(one));
    return old === undefined || FACTS.some((name) => old[name] !== one[name]);
  });
  return [
    ...news.map((one): SymbolVersion => {
      const { isWatched = false, isFeatured = false } = before.get(keyOf(one)) ?? {};
      return { ...one, isWatched, isFeatured };
    }),
    ...known
      .filter((one) => !listed.has(keyOf(one)) && one.status !== GONE)
      .map((one) => ({ ...one, status: GONE })),
  ];
}

/** Where the venue has no list: what is watched is asked for, one after the other. */
async function factsOfKnown(
  context: InstrumentContext,
  known: readonly SymbolVersion[],
): Promise<readonly SymbolFacts[]> {
  const facts: SymbolFacts[] = [];
  for (const one of known) {
    const found = one.isWatched
      ? await context.instruments.find?.(context, one.market, one.symbol)
      : { ...one };
    if (found !== undefined) facts.push(found);
  }
  return facts;
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
