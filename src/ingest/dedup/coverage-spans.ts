/**
 * When each connection was really listening, from the records of one segment alone: between two consecutive messages
 * that are no more than 5 s apart. The canary ticks each second, so a longer pause means that nothing could be heard.
 */
import { type FeedSpec, groupOf } from '../../network/websocket/feed-spec.ts';
import type { SpoolEvent } from '../../spool/segments/record.ts';
import type { Listeners } from './frame-loss.ts';

/** Times in microseconds since the epoch. A connection that carries several markets has a span for each. */
export interface CoverageSpan {
  /** Without its `ws-N` for a span that reaches back into earlier segments: it is about all connections of the group. */
  readonly connection: string;
  readonly market: string | null;
  readonly state: 'listening' | 'unproven';
  readonly startedAtUs: number;
  readonly endedAtUs: number;
  /** What arrived in the span for the market, duplicates included. */
  readonly frames: number;
  /** What was found missing in the span that another connection had. */
  readonly missed: number;
  readonly endReason: string;
}

interface Counts {
  readonly frames: Map<string, Count>;
  readonly missed: Map<string, Count>;
}

/** An object, so that a message of a burst is counted after one look into its map. */
interface Count {
  value: number;
}

interface Span extends Counts {
  readonly connection: string;
  readonly state: 'listening' | 'unproven';
  readonly startedAtUs: number;
  readonly endedAtUs: number;
  readonly endReason: string;
}

interface OpenSpan extends Counts {
  state: 'listening' | 'unproven';
  readonly startedAtUs: number;
  lastMessageAtUs: number;
  /** A message came in this segment. */
  isHeard: boolean;
}

/** Longest pause between two messages over which a connection still counts as listening. */
export const MAX_PAUSE_US = 5_000_000;

const NO_OTHERS: readonly string[] = [];

export class CoverageSpans implements Listeners {
  readonly #feed: FeedSpec | undefined;
  readonly #open = new Map<string, OpenSpan>();
  #closed: Span[] = [];
  /** Groups of which no data came for too long: a new connection proves nothing until some comes. */
  readonly #unproven = new Set<string>();
  /** Connections whose subscription is acknowledged. */
  readonly #subscribed = new Set<string>();
  /** When the segment began, if another one of the same run came before it. */
  #segmentStartUs: number | undefined;
  /** When the segment was closed in good order; unknown after a crash. */
  #segmentEndUs: number | undefined;

  /** @param feed undefined for a source without connections. */
  constructor(feed: FeedSpec | undefined) {
    this.#feed = feed;
  }

  /** A message; data of a market ends an unproven span. */
  message(connection: string, receivedAtUs: number, market: string | null): void {
    if (this.#feed?.subscription && !this.#subscribed.has(connection)) return;
    let span = this.#open.get(connection);
    if (span && receivedAtUs - span.lastMessageAtUs > MAX_PAUSE_US) {
      this.#close(connection, 'silent');
      span = undefined;
    }
    if (span?.state === 'unproven' && market !== null) {
      this.#close(connection, 'proven');
      span = undefined;
    }
    if (market !== null && this.#unproven.size > 0) this.#unproven.delete(groupOf(connection));
    if (span === undefined) {
      const isUnproven = this.#unproven.size > 0 && this.#unproven.has(groupOf(connection));
      span = openSpan(isUnproven ? 'unproven' : 'listening', receivedAtUs, receivedAtUs, true);
      this.#open.set(connection, span);
    }
    span.isHeard = true;
    // A clock step backwards must not turn a span inside out.
    span.lastMessageAtUs = Math.max(span.lastMessageAtUs, receivedAtUs);
    if (market !== null) count(span.frames, market);
  }

  event(connection: string, event: SpoolEvent, receivedAtUs: number): void {
    switch (event.type) {
      case 'segment_opened':
        this.#segmentStartUs = receivedAtUs;
        for (const carried of event.connections) {
          const { lastMessageAtUs } = carried;
          this.#subscribed.add(carried.connection);
          if (carried.unproven) this.#unproven.add(groupOf(carried.connection));
          this.#open.set(
            carried.connection,
            openSpan(carried.unproven ? 'unproven' : 'listening', lastMessageAtUs, lastMessageAtUs, false),
          );
        }
        break;
      case 'segment_closed':
        this.#segmentEndUs = receivedAtUs;
        break;
      case 'connected':
        this.#subscribed.add(connection);
        break;
      case 'disconnected':
        this.#subscribed.delete(connection);
        this.#close(connection, event.reason);
        break;
      case 'unproven':
        this.#becomeUnproven(connection, event.sinceUs);
        break;
    }
  }

  missed(connection: string, market: string): void {
    const span = this.#open.get(connection);
    if (span) count(span.missed, market);
  }

  listeningBeside(connection: string, nowUs: number): readonly string[] {
    if (this.#open.size < 2) return NO_OTHERS;
    const group = groupOf(connection);
    return [...this.#open]
      .filter(([name, span]) => nowUs - span.lastMessageAtUs <= MAX_PAUSE_US && groupOf(name) === group)
      .map(([name]) => name);
  }

  /** Ends all spans where the segment ends. Of a connection that brought nothing a later segment knows the end. */
  finish(): readonly CoverageSpan[] {
    for (const [connection, span] of [...this.#open])
      if (span.isHeard || this.#segmentEndUs === undefined) this.#close(connection, this.#endReasonOf(span));
    return this.#closed.flatMap((span) => this.#byMarket(span));
  }

  #byMarket({ frames, missed, ...span }: Span): CoverageSpan[] {
    const markets = this.#feed?.markets(groupOf(span.connection)) ?? [];
    return markets.map((market) => ({
      ...span,
      market,
      frames: frames.get(market)?.value ?? 0,
      missed: missed.get(market)?.value ?? 0,
    }));
  }

  /** Why a listening span ends where an unproven one begins. */
  get #silence(): string {
    return `${this.#feed?.dataName} silent`;
  }

  #endReasonOf({ lastMessageAtUs }: OpenSpan): string {
    if (this.#segmentEndUs === undefined) return 'crash';
    return this.#segmentEndUs - lastMessageAtUs > MAX_PAUSE_US ? 'silent' : 'segment';
  }

  /** @param about a group as the name of a connection, without its number. */
  #becomeUnproven(about: string, sinceUs: number): void {
    const group = groupOf(about);
    this.#unproven.add(group);
    this.#revokeEarlierSegments(about, sinceUs);
    this.#closed = this.#closed.flatMap((span) =>
      groupOf(span.connection) === group ? revokeClosed(span, sinceUs, this.#silence) : [span],
    );
    for (const open of [...this.#open.keys()]) if (groupOf(open) === group) this.#revoke(open, sinceUs);
  }

  /** Their rows are in the table and say `listening`: this one takes it back. */
  #revokeEarlierSegments(about: string, sinceUs: number): void {
    const endedAtUs = this.#segmentStartUs;
    if (endedAtUs === undefined || sinceUs >= endedAtUs) return;
    this.#closed.push({
      connection: about,
      state: 'unproven',
      startedAtUs: sinceUs,
      endedAtUs,
      endReason: this.#silence,
      ...noCounts(),
    });
  }

  /** What lies after `sinceUs` is not proven; what lies before stays. */
  #revoke(connection: string, sinceUs: number): void {
    const span = this.#open.get(connection);
    if (span === undefined || span.state === 'unproven') return;
    const fromUs = Math.max(span.startedAtUs, Math.min(sinceUs, span.lastMessageAtUs));
    if (fromUs === span.startedAtUs) {
      span.state = 'unproven';
      return;
    }
    this.#closed.push({ ...closedSpan(connection, span), endedAtUs: fromUs, endReason: this.#silence });
    this.#open.set(connection, openSpan('unproven', fromUs, span.lastMessageAtUs, span.isHeard));
  }

  #close(connection: string, endReason: string): void {
    const span = this.#open.get(connection);
    if (span === undefined) return;
    this.#open.delete(connection);
    this.#closed.push({ ...closedSpan(connection, span), endReason });
  }
}

/** The same for a span that ended in this segment. Its frames came before: data ends the silence. */
function revokeClosed(span: Span, sinceUs: number, endReason: string): Span[] {
  if (span.state === 'unproven' || span.endedAtUs <= sinceUs) return [span];
  const unproven: Span = { ...span, state: 'unproven' };
  if (span.startedAtUs >= sinceUs) return [unproven];
  return [
    { ...span, endedAtUs: sinceUs, endReason },
    { ...unproven, startedAtUs: sinceUs, ...noCounts() },
  ];
}

function openSpan(
  state: OpenSpan['state'],
  startedAtUs: number,
  lastMessageAtUs: number,
  isHeard: boolean,
): OpenSpan {
  return { state, startedAtUs, lastMessageAtUs, isHeard, ...noCounts() };
}

function closedSpan(connection: string, span: OpenSpan): Omit<Span, 'endReason'> {
  const { state, startedAtUs, lastMessageAtUs, frames, missed } = span;
  return { connection, state, startedAtUs, endedAtUs: lastMessageAtUs, frames, missed };
}

function noCounts(): Counts {
  return { frames: new Map(), missed: new Map() };
}

function count(counts: Map<string, Count>, market: string): void {
  const known = counts.get(market);
  if (known === undefined) counts.set(market, { value: 1 });
  else known.value++;
}
