/**
 * Collects forced orders: the pair of sockets fills the spool; clock offset and contract sizes are refreshed beside it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { classifyMessage } from '../connections/classify-message.ts';
import { measureClockOffset } from '../connections/clock-offset.ts';
import { fetchContractSizes } from '../connections/contract-sizes.ts';
import { FeedPair } from '../connections/feed-pair.ts';
import type { HostGates } from '../connections/host-gate.ts';
import type { RestClient } from '../connections/rest-client.ts';
import { messageOf } from '../errors.ts';
import type { SpoolEvent } from '../spool/record.ts';
import { addReport, type CollectorStatus, createStatus, setState } from './collector-status.ts';
import type { Ingest } from './ingest-job.ts';
import type { Service } from './service.ts';
import { SourceCollector } from './source-collector.ts';

export interface LiquidationsOptions {
  readonly lake: string;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly log: Logger;
  readonly gates: HostGates;
  readonly rest: RestClient;
  readonly futuresWsUrl: string;
  readonly futuresRestUrl: string;
  readonly coinmRestUrl: string;
  readonly sockets: 1 | 2;
  readonly flushMs: number;
  readonly duplicateWindowMs: number;
  readonly unprovenAfterMs: number;
}
