/** The channels that readers asked for, and which of them an event belongs to. */
import { LakeError } from '../base/errors.ts';
import { parseSymbol } from '../questions/symbol-name.ts';
import { parseTimeframe } from '../questions/timeframes.ts';
import type { LiveEvent, LiveRow } from '../sources/live-event.ts';
import { Channel } from './channel.ts';
import { channelTables } from './channel-tables.ts';

export const CHANNELS = ['bars', 'tickers', 'liquidations', 'indicators', 'coverage', 'quality'] as const;
export type ChannelName = (typeof CHANNELS)[number];

export interface Subscription {
  readonly channel: ChannelName;
  readonly symbol: string | undefined;
  readonly timeframe: string | undefined;
}

const MAX_CHANNELS = 5000;
/** A reader who was cut off may come back for what was missed. */
const KEPT_IDLE_MS = 600_000;
/** Rows that came by a collector's socket come once more by the log. */
const REMEMBERED = 20_000;

export class Hub {
  readonly #channels = new Map<string, Channel>();
  readonly #forming = new Map<string, LiveRow>();
  readonly #seen = new Set<string>();
  #firstSeq: number;
  /** Version of each table that is followed, up to which the rows of its log are published. */
  readonly publishedVersions = new Map<string, number>();
  events = 0;

  constructor(nowMs: number) {
    this.#firstSeq = nowMs;
  }

  get channels(): Iterable<Channel> {
    return this.#channels.values();
  }

  /** @throws LakeError SERVER_BUSY. */
  channel(subscription: Subscription): Channel {
    const key = keyOf(subscription);
    const known = this.#channels.get(key);
    if (known) return known;
    if (this.#channels.size >= MAX_CHANNELS) this.#drop(({ readers }) => readers === 0);
    if (this.#channels.size >= MAX_CHANNELS)
      throw new LakeError('SERVER_BUSY', 'too many channels are open', { hint: 'subscribe to fewer' });
    const { channel, symbol, timeframe } = subscription;
    const facts = {
      channel,
      ...(symbol === undefined ? {} : { symbol }),
      ...(timeframe === undefined ? {} : { timeframe }),
    };
    const made = new Channel(key, facts, this.#firstSeq);
    this.#channels.set(key, made);
    return made;
  }

  /** From a snapshot on the log is followed: what is committed after its versions is published. */
  begin(channel: Channel, versions: Readonly<Record<string, number>>): void {
    channel.isBegun = true;
    for (const table of tablesOf(channel))
      if (!this.publishedVersions.has(table)) this.publishedVersions.set(table, versions[table] ?? -1);
  }

  /** The symbols that channels of a table are about, without venue and market; undefined for all. */
  symbolsOf(table: string): ReadonlySet<string> | undefined {
    const symbols = new Set<string>();
    for (const channel of this.#channels.values()) {
      if (!tablesOf(channel).includes(table)) continue;
      if (channel.facts.symbol === undefined) return undefined;
      symbols.add(parseSymbol(channel.facts.symbol).symbol);
    }
    return symbols;
  }

  /** Rows of a table were missed for good: the channels say so. */
  skip(table: string): void {
    for (const channel of this.#channels.values()) if (tablesOf(channel).includes(table)) channel.skip();
  }

  /** Forgets channels that nobody has read for long, and no longer follows what only they published. */
  sweep(nowMs: number): void {
    this.#drop((channel) => channel.readers === 0 && channel.idleMs(nowMs) > KEPT_IDLE_MS);
    const followed = new Set([...this.#channels.values()].flatMap(tablesOf));
    for (const table of this.publishedVersions.keys())
      if (!followed.has(table)) this.publishedVersions.delete(table);
  }

  /** The bar of 1m that is not closed yet. */
  formingOf(venue: string, market: string, symbol: string): LiveRow | undefined {
    return this.#forming.get(`${venue}|${market}|${symbol}`);
  }

  publish(event: LiveEvent): void {
    this.events++;
    const { row } = event;
    switch (event.kind) {
      case 'forming': {
        const series = seriesOf(row);
        const before = this.#forming.get(series);
        if (before && String(before.open_time) > String(row.open_time)) return;
        this.#forming.set(series, row);
        this.#each('bars', row, (channel) => channel.publishLatest('forming', row));
        return;
      }
      case 'bar': {
        // Longer ones come by the log alone, and once more when a correction has changed them.
        if (row.timeframe === '1m' && !this.#isNew(`bar|${seriesOf(row)}|${row.open_time}`)) return;
        const forming = this.#forming.get(seriesOf(row));
        const isNext = String(forming?.open_time ?? '') > String(row.open_time);
        if (row.timeframe === '1m' && !isNext) this.#forming.delete(seriesOf(row));
        this.#each('bars', row, (channel) => {
          // A later bar may form already when the one before is published.
          if (!isNext) channel.forget('forming');
          channel.publish(row);
        });
        return;
      }
      case 'correction':
        // Known from the log alone, published once. A first word that comes after it, out of another table, is no news.
        this.#isNew(`bar|${seriesOf(row)}|${row.open_time}`);
        this.#each('bars', row, (channel) => channel.publish(row));
        return;
      case 'liquidation': {
        const { side, trade_time, quantity, price } = row;
        if (!this.#isNew(`liq|${seriesOf(row)}|${side}|${trade_time}|${quantity}|${price}`)) return;
        this.#each('liquidations', row, (channel) => channel.publish(row));
        return;
      }
      case 'ticker':
        this.#each('tickers', row, (channel) => channel.publishLatest(seriesOf(row), row));
        return;
      case 'row':
        this.#each(event.table, row, (channel) => channel.publish(row, seriesOf(row)));
    }
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }

  /** Every way in which a reader may have asked for this row. */
  #each(name: ChannelName, row: LiveRow, publish: (channel: Channel) => void): void {
    const { symbol, market, venue } = row;
    const timeframe = typeof row.timeframe === 'string' && hasTimeframe(name) ? row.timeframe : undefined;
    const symbols = typeof symbol === 'string' ? [symbol, `${market}:${symbol}`, `${venue}:${symbol}`] : [];
    // The plain name means spot, where bars and prices are of several markets.
    const isMeant = market === 'spot' || market === 'stocks' || name === 'liquidations' || !hasPlace(name);
    for (const asked of new Set<string | undefined>([...(isMeant ? symbols : symbols.slice(1)), undefined])) {
      const channel = this.#channels.get(keyOf({ channel: name, symbol: asked, timeframe }));
      if (channel) publish(channel);
    }
  }

  #isNew(key: string): boolean {
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > REMEMBERED) {
      const [oldest] = this.#seen;
      this.#seen.delete(oldest as string);
    }
    return true;
  }

  #drop(isOver: (channel: Channel) => boolean): void {
    for (const [key, channel] of this.#channels) {
      if (!isOver(channel)) continue;
      // Should it be opened once more: whoever read it before has missed something.
      this.#firstSeq = Math.max(this.#firstSeq, channel.seq) + 1;
      channel.close();
      this.#channels.delete(key);
    }
  }
}

/** @throws LakeError USAGE. */
export function parseSubscription(message: Readonly<Record<string, unknown>>): Subscription {
  const channel = CHANNELS.find((name) => name === message.channel);
  if (channel === undefined)
    throw new LakeError('USAGE', 'there is no such channel', { hint: `there are ${CHANNELS.join(', ')}` });
  // Connections carry all symbols.
  const { symbol, timeframe } = channel === 'coverage' ? {} : message;
  if (symbol !== undefined) parseSymbol(String(symbol));
  else if (hasTimeframe(channel))
    throw new LakeError('USAGE', `\`${channel}\` needs a symbol`, { hint: 'add `"symbol": "BTCUSDT"`' });
  return {
    channel,
    symbol: symbol === undefined ? undefined : String(symbol),
    timeframe: hasTimeframe(channel) ? parseTimeframe(String(timeframe ?? '1m')) : undefined,
  };
}

function hasTimeframe(name: ChannelName): boolean {
  return name === 'bars' || name === 'indicators';
}

function hasPlace(name: ChannelName): boolean {
  return name === 'bars' || name === 'tickers' || name === 'indicators';
}

function tablesOf({ facts }: Channel): readonly string[] {
  return channelTables(facts.channel ?? '', facts.timeframe);
}

function keyOf({ channel, symbol, timeframe }: Subscription): string {
  return `${channel}|${symbol ?? ''}|${timeframe ?? ''}`;
}

function seriesOf({ venue, market, symbol }: LiveRow): string {
  return `${venue}|${market}|${symbol}`;
}
