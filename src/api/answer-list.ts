/** Answers a list: pinned versions, `ETag`, cached bytes, one computation for all who ask the same at the same time. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { jsonRowsOf } from '../output/json-rows.ts';
import { isoOf, type ListAnswer, type Page } from '../questions/list-answer.ts';
import type { Pin } from '../questions/open-tables.ts';
import type { PinnedLake } from '../questions/pinned-lake.ts';
import { Answer } from './answer.ts';
import type { ApiContext } from './api-context.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { type AnswerFormat, chooseAnswerFormat, formatRows, MEDIA_TYPES } from './formats.ts';
import { parsePin } from './request-time.ts';
import { sendParts } from './send-parts.ts';

export interface ListRequest {
  /** Names the question together with `parameters`. */
  readonly name: string;
  /** All that changes the answer but limit, cursor, version and format. */
  readonly parameters: unknown;
  /** The main table first. */
  readonly tables: readonly string[];
  readonly query: {
    readonly limit: number;
    readonly cursor?: string;
    readonly as_of?: string;
    readonly format?: string;
  };
  /** The end of the time that is asked for, if it has one. */
  readonly toUs: bigint | undefined;
  readonly answer: (lake: PinnedLake, page: Page) => Promise<ListAnswer>;
  /** Rows that no table holds: then the answer is not kept. */
  readonly isLive?: boolean;
}

/** A correction may still come for a bar of yesterday. */
const SETTLED_US = 2n * 86_400_000_000n;
/** Clocks of machines that commit differ. */
const UNSETTLED_MS = 60_000;

export async function answerList(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  list: ListRequest,
): Promise<FastifyReply> {
  const { query, name, parameters, tables } = list;
  const format = chooseAnswerFormat(query.format, request.headers.accept);
  const question = hash(JSON.stringify([name, parameters, query.as_of], bigints));
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, question);
  const pin = cursor ? { kind: 'exact' as const, versions: cursor.versions } : parsePin(query.as_of);
  const lake = await context.reader.pin(tables, pin);
  const key = JSON.stringify([question, lake.versions, query.limit, query.cursor, format]);
  const etag = `"${hash(key)}"`;
  const named = () =>
    list.isLive === true ? reply : reply.header('etag', etag).header('vary', 'accept, authorization');
  if (list.isLive !== true && matches(request.headers['if-none-match'], etag))
    return named().code(304).send();
  const compute = async (): Promise<Answer> => {
    const signal = AbortSignal.timeout(context.queryTimeoutMs);
    const answer = await list.answer(lake, { limit: query.limit, position: cursor?.position, signal });
    const asOf = pin.kind === 'time' ? pin.timeMs : lake.asOfMs;
    await context.turns.take();
    return write(context, lake, answer, {
      format,
      question,
      asOf,
      isPinned: isForEver(pin, query.as_of),
      toUs: list.toUs,
      signal,
    });
  };
  const answer =
    list.isLive === true ? (await compute()).hold() : await context.cache.getOrMake(key, compute);
  for (const [header, value] of Object.entries(answer.headers)) reply.header(header, value);
  named().type(MEDIA_TYPES[format]);
  if (answer.isKept) context.known.keep(request, reply, answer, lake.freshUntilMs);
  return sendParts(reply, answer);
}

interface WriteOptions {
  readonly format: AnswerFormat;
  readonly question: string;
  readonly asOf: number | undefined;
  readonly isPinned: boolean;
  readonly toUs: bigint | undefined;
  readonly signal: AbortSignal;
}

async function write(
  context: ApiContext,
  { versions }: PinnedLake,
  { rows, next, completeUntilUs, holes, note }: ListAnswer,
  { format, question, asOf, isPinned, toUs, signal }: WriteOptions,
): Promise<Answer> {
  const cursor = next === undefined ? null : writeCursor({ versions, position: next, question });
  const envelope = {
    next: cursor,
    data_version: versions,
    as_of: asOf ? new Date(asOf).toISOString() : null,
    complete_until: completeUntilUs === undefined ? null : isoOf(completeUntilUs),
    holes,
    truncated: cursor !== null,
    ...(note === undefined ? {} : { note }),
  };
  const isSettled =
    toUs !== undefined && completeUntilUs !== undefined && toUs <= completeUntilUs - SETTLED_US;
  const age = isPinned ? 'max-age=86400, immutable' : isSettled ? 'max-age=3600' : 'no-cache';
  const headers: Record<string, string> = {
    'cache-control': `${context.isPrivate ? 'private' : 'public'}, ${age}`,
  };
  if (format === 'json') {
    const data = rows.json?.() ?? [Buffer.from(jsonRowsOf(rows))];
    const parts = [Buffer.from('{"data":'), ...data, Buffer.from(`,${JSON.stringify(envelope).slice(1)}\n`)];
    return new Answer(parts, headers);
  }
  // Other formats have no place for what is not a row.
  headers['x-data-version'] = JSON.stringify(versions);
  if (envelope.complete_until !== null) headers['x-complete-until'] = envelope.complete_until;
  headers['x-holes'] = String(holes.length);
  if (cursor !== null) headers['x-next'] = cursor;
  return new Answer([await formatRows(rows, format, context.reader, signal)], headers);
}

/** Whether it names the same versions at any time. `2h` does not, nor does a time that may still get a commit. */
function isForEver(pin: Pin, asOf = ''): boolean {
  if (pin.kind !== 'time') return pin.kind !== 'newest';
  return pin.timeMs < Date.now() - UNSETTLED_MS && !/^\d+\s*[a-z]+$/i.test(asOf.trim());
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
