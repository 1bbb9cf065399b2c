/** One source as a collector runs it. */
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import type { Ingest } from '../ingest/commit/ingest-job.ts';
import type { Source } from '../sources/source.ts';
import type { VenueNetwork } from './venue-network.ts';

export interface CollectorOptions {
  readonly source: Source;
  readonly network: VenueNetwork;
  readonly lake: string;
  /** The folder of all spools of the lake. */
  readonly spool: string;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly log: Logger;
  readonly flushMs: number;
  readonly duplicateWindowMs: number;
  /** Other machines collect the same source into the same lake. */
  readonly isShared?: boolean;
}
