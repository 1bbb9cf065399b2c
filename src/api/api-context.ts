/** What every route works with. */
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import type { Predictor } from '../learn/predict/predictor.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import type { SqlSessions } from '../questions/sql-sessions.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { KnownAnswers } from './known-answers.ts';
import type { Turns } from './turns.ts';

export interface ApiContext {
  readonly lake: string;
  /** The folder of all spools of the lake; undefined when this machine has none. */
  readonly spool: string | undefined;
  readonly reader: LakeReader;
  readonly cache: AnswerCache;
  readonly known: KnownAnswers;
  readonly turns: Turns;
  /** Loaded by the first who asks: it brings more code than all else here. */
  readonly predictor: () => Promise<Predictor>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly memoryBytes: number;
  readonly sqlSessions: SqlSessions;
  /** A query that takes longer is ended. */
  readonly queryTimeoutMs: number;
  /** Whether requests need a token: then no cache between may keep an answer. */
  readonly isPrivate: boolean;
  /** Sources that should run, beside those that have a heartbeat. */
  readonly expected: readonly string[];
  readonly startedMs: number;
}
