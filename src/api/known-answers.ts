/**
 * Answers by the text of their request: the same request again is answered with the same bytes before anything else is
 * done, for as long as nobody looks whether there is a newer version. Only where no token is needed: there everybody is
 * answered alike, and nothing counts requests.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './answer.ts';
import { writeParts } from './send-parts.ts';

interface Known {
  readonly headers: readonly string[];
  readonly answer: Answer;
  readonly sizeBytes: number;
  /** By the clock of `performance.now()`. */
  readonly untilMs: number;
  readonly route: string;
}

export interface KnownCount {
  count: number;
  bytes: number;
  seconds: number;
}

const MAX_KEY_CHARS = 2000;

export class KnownAnswers {
  #maxBytes: number;
  /** The oldest first. */
  readonly #answers = new Map<string, Known>();
  #bytes = 0;
  #counts = new Map<string, KnownCount>();
  hits = 0;

  /** @param maxBytes 0 for none. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What was answered since the last time, by route. */
  takeCounts(): ReadonlyMap<string, KnownCount> {
    const counts = this.#counts;
    this.#counts = new Map();
    return counts;
  }

  /** @returns whether the request is answered. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#answers.size === 0 || request.method !== 'GET') return false;
    const key = keyOf(request);
    const known = this.#answers.get(key);
    if (known === undefined) return false;
    const startedMs = performance.now();
    if (startedMs >= known.untilMs) {
      this.#remove(key);
      return false;
    }
    const { headers, answer, route } = known;
    response.writeHead(200, [...headers, 'x-request-id', crypto.randomUUID()]);
    writeParts(response, answer.hold());
    this.#count(route, answer.length, performance.now() - startedMs);
    return true;
  }

  /** To be called before an answer of 200 is sent, when its headers are there. */
  keep({ raw, routeOptions }: FastifyRequest, reply: FastifyReply, answer: Answer, untilMs: number): void {
    const nowMs = performance.now();
    const key = keyOf(raw);
    const sizeBytes = answer.heldBytes + 2 * key.length;
    if (sizeBytes > this.#maxBytes / 4 || key.length > MAX_KEY_CHARS || untilMs <= nowMs) return;
    this.#remove(key);
    const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      name === 'x-request-id' || value === undefined ? [] : [name, String(value)],
    );
    headers.push('content-length', String(answer.length));
    const route = routeOptions.url ?? 'none';
    this.#answers.set(key, { headers, answer: answer.hold(), sizeBytes, untilMs, route });
    this.#bytes += sizeBytes;
    for (const [oldest, known] of this.#answers) {
      if (this.#bytes <= this.#maxBytes && nowMs < known.untilMs) break;
      this.#remove(oldest);
    }
  }

  /** From here on nothing is known. */
  close(): void {
    this.#maxBytes = 0;
    this.#answers.clear();
  }

  #remove(key: string): void {
    const known = this.#answers.get(key);
    if (known === undefined) return;
    this.#answers.delete(key);
    this.#bytes -= known.sizeBytes;
    known.answer.release();
  }

  #count(route: string, bytes: number, ms: number): void {
    this.hits++;
    const known = this.#counts.get(route) ?? { count: 0, bytes: 0, seconds: 0 };
    this.#counts.set(route, known);
    known.count++;
    known.bytes += bytes;
    known.seconds += ms / 1000;
  }
}

/** All that an answer can depend on. */
function keyOf({ url, rawHeaders }: IncomingMessage): string {
  return `${url}\n${rawHeaders.join('\n')}`;
}
