/** How a source is asked again and again by GET. */
import type { PollInfo } from '../spool/segments/record.ts';

/** What a person chose of all that could be asked for. */
export interface Selection {
  /** Empty: every quote asset. */
  readonly quotes: readonly string[];
  /** When not empty, just these. */
  readonly symbols: readonly string[];
}

export interface PollRequest {
  readonly url: string;
  /** By the venue's own table. */
  readonly weight: number;
  /** What decoding needs to know of the question, besides its times. */
  readonly info: Omit<PollInfo, 'scheduledAtUs' | 'startedAtUs'>;
}

export interface PollSpec {
  /** The column `stream` of `coverage`. */
  readonly stream: string;
  /** The requests of one poll, made one after another. */
  requests(addresses: Readonly<Record<string, string>>, selection: Selection): readonly PollRequest[];
  /** The least pause between two requests; 0 by default. */
  readonly pauseMs?: number;
  /** What is wrong with a selection of which an answer holds nothing, or undefined when it does hold something. */
  nothingKept?(body: string, selection: Selection): string | undefined;
  /** For a venue that refuses a list of symbols when it does not know one of them. */
  readonly unknownSymbol?: {
    /** Whether a request failed by that. */
    isMeant(error: unknown): boolean;
    /** Asks for everything, of which the selection is kept. */
    requests: PollSpec['requests'];
    /** The symbols of the selection that an answer does not have. */
    missing(body: string, selection: Selection): readonly string[];
  };
}
