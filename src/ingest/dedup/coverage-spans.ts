/**
 * When each connection was really listening, from the records of one segment alone: between two consecutive messages
 * that are no more than 5 s apart. The canary ticks each second, so a longer pause means that nothing could be heard.
 */
import type { SpoolEvent } from '../../spool/segments/record.ts';

/** Times in microseconds since the epoch. */
export interface CoverageSpan {
  /** Empty for doubt that reaches back into earlier segments: it is about all connections there. */
  readonly connection: string;
  readonly state: 'listening' | 'unproven';
  readonly startedAtUs: number;
  readonly endedAtUs: number;
  /** Liquidation frames that arrived in the span, duplicates included. */
  readonly frames: number;
  /** Frames found missing in the span that the other connection had. */
  readonly missed: number;
  readonly endReason: string;
}

interface OpenSpan {
  state: 'listening' | 'unproven';
  readonly startedAtUs: number;
  lastMessageAtUs: number;
  /** A message came in this segment. */
  isHeard: boolean;
  frames: number;
  missed: number;
}

/** Longest pause between two messages over which a connection still counts as listening. */
export const MAX_PAUSE_US = 5_000_000;

/** Why a listening span ends where an unproven one begins. */
const DOUBT = 'liquidations silent';

const NO_OTHERS: readonly string[] = [];

export class CoverageSpans {
  readonly #open = new Map<string, OpenSpan>();
  #closed: CoverageSpan[] = [];
  /** Liquidations have been silent too long: a new connection proves nothing until one comes. */
  #isDoubted = false;
  /** When the segment began, if another one of the same run came before it. */
  #segmentStartUs: number | undefined;
  /** When the segment was closed in good order; unknown after a crash. */
  #segmentEndUs: number | undefined;

  /** A message of any kind; `isLiquidation` ends an unproven span. */
  message(connection: string, receivedAtUs: number, isLiquidation: boolean): void {
    let span = this.#open.get(connection);
    if (span && receivedAtUs - span.lastMessageAtUs > MAX_PAUSE_US) {
      this.#close(connection, 'silent');
      span = undefined;
    }
    if (span?.state === 'unproven' && isLiquidation) {
      this.#close(connection, 'proven');
      span = undefined;
    }
    if (isLiquidation) this.#isDoubted = false;
    if (span === undefined) {
      span = {
        state: this.#isDoubted ? 'unproven' : 'listening',
        startedAtUs: receivedAtUs,
        lastMessageAtUs: receivedAtUs,
        isHeard: true,
        frames: 0,
        missed: 0,
      };
      this.#open.set(connection, span);
    }
    span.isHeard = true;
    // A clock step backwards must not turn a span inside out.
    span.lastMessageAtUs = Math.max(span.lastMessageAtUs, receivedAtUs);
    if (isLiquidation) span.frames++;
  }

  event(connection: string, event: SpoolEvent, receivedAtUs: number): void {
    switch (event.type) {
      case 'segment_opened':
        this.#segmentStartUs = receivedAtUs;
        for (const carried of event.connections) {
          if (carried.unproven) this.#isDoubted = true;
          this.#open.set(carried.connection, {
            state: carried.unproven ? 'unproven' : 'listening',
            startedAtUs: carried.lastMessageAtUs,
            lastMessageAtUs: carried.lastMessageAtUs,
            isHeard: false,
            frames: 0,
            missed: 0,
          });
        }
        break;
      case 'segment_closed':
        this.#segmentEndUs = receivedAtUs;
        break;
      case 'disconnected':
        this.#close(connection, event.reason);
        break;
      case 'unproven':
        this.#isDoubted = true;
        this.#doubtEarlierSegments(event.sinceUs);
        this.#closed = this.#closed.flatMap((span) => doubtClosed(span, event.sinceUs));
        for (const open of [...this.#open.keys()]) this.#doubt(open, event.sinceUs);
        break;
    }
  }

  missed(connection: string): void {
    const span = this.#open.get(connection);
    if (span) span.missed++;
  }

  /** The connections that are listening at this moment; none when there are not at least two. */
  listeningAt(nowUs: number): readonly string[] {
    if (this.#open.size < 2) return NO_OTHERS;
    return [...this.#open]
      .filter(([, span]) => nowUs - span.lastMessageAtUs <= MAX_PAUSE_US)
      .map(([name]) => name);
  }

  /** Ends all spans where the segment ends. Of a connection that brought nothing a later segment knows the end. */
  finish(): readonly CoverageSpan[] {
    for (const [connection, span] of [...this.#open])
      if (span.isHeard || this.#segmentEndUs === undefined) this.#close(connection, this.#endReasonOf(span));
    return this.#closed;
  }

  #endReasonOf({ lastMessageAtUs }: OpenSpan): string {
    if (this.#segmentEndUs === undefined) return 'crash';
    return this.#segmentEndUs - lastMessageAtUs > MAX_PAUSE_US ? 'silent' : 'segment';
  }

  /** Their rows are in the table and say `listening`: this one takes it back. */
  #doubtEarlierSegments(sinceUs: number): void {
    const endedAtUs = this.#segmentStartUs;
    if (endedAtUs === undefined || sinceUs >= endedAtUs) return;
    this.#closed.push({
      connection: '',
      state: 'unproven',
      startedAtUs: sinceUs,
      endedAtUs,
      frames: 0,
      missed: 0,
      endReason: DOUBT,
    });
  }

  /** What lies after `sinceUs` is not proven; what lies before stays. */
  #doubt(connection: string, sinceUs: number): void {
    const span = this.#open.get(connection);
    if (span === undefined || span.state === 'unproven') return;
    const doubtedFromUs = Math.max(span.startedAtUs, Math.min(sinceUs, span.lastMessageAtUs));
    if (doubtedFromUs === span.startedAtUs) {
      span.state = 'unproven';
      return;
    }
    this.#closed.push({ ...rowOf(connection, span), endedAtUs: doubtedFromUs, endReason: DOUBT });
    this.#open.set(connection, {
      state: 'unproven',
      startedAtUs: doubtedFromUs,
      lastMessageAtUs: span.lastMessageAtUs,
      isHeard: span.isHeard,
      frames: 0,
      missed: 0,
    });
  }

  #close(connection: string, endReason: string): void {
    const span = this.#open.get(connection);
    if (span === undefined) return;
    this.#open.delete(connection);
    this.#closed.push({ ...rowOf(connection, span), endReason });
  }
}

/** The same for a span that ended in this segment. Its frames came before: a liquidation ends the silence. */
function doubtClosed(span: CoverageSpan, sinceUs: number): CoverageSpan[] {
  if (span.state === 'unproven' || span.endedAtUs <= sinceUs) return [span];
  const doubted: CoverageSpan = { ...span, state: 'unproven' };
  if (span.startedAtUs >= sinceUs) return [doubted];
  return [
    { ...span, endedAtUs: sinceUs, endReason: DOUBT },
    { ...doubted, startedAtUs: sinceUs, frames: 0, missed: 0 },
  ];
}

function rowOf(connection: string, span: OpenSpan): Omit<CoverageSpan, 'endReason'> {
  const { state, startedAtUs, lastMessageAtUs, frames, missed } = span;
  return { connection, state, startedAtUs, endedAtUs: lastMessageAtUs, frames, missed };
}
