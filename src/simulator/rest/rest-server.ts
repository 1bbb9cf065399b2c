/** The REST side: answers, weights and limits, given bodies for given paths, and everything that can go wrong with them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultBoard } from '../faults/fault-board.ts';
import { sendBadly } from '../faults/rest-faults.ts';
import { spoilTickers } from '../faults/spoil-tickers.ts';
import type { ExchangeTime } from '../market/exchange-time.ts';
import { HTML_PAGE, type Refusal, refusal } from './refusal.ts';
import { errorAnswer, JSON_TYPE, type RestAnswer } from './rest-answer.ts';
import type { RestEndpoint } from './rest-endpoints.ts';
import type { WeightLedger } from './weight-ledger.ts';

/** A recorded answer, served as it stands. */
export interface RecordedResponse {
  readonly status?: number;
  readonly contentType?: string;
  readonly body: string | Uint8Array;
  /** Default 1. */
  readonly weight?: number;
}

export interface RestServerOptions {
  readonly endpoints: ReadonlyMap<string, RestEndpoint>;
  /** Whatever has the rest of its address in the path: archive and Yahoo. */
  readonly byPrefix: (path: string, query: URLSearchParams, nowMs: number) => RestAnswer | undefined;
  /** By path with query, or by path. */
  readonly recorded: Readonly<Record<string, RecordedResponse>>;
  readonly ledger: WeightLedger;
  readonly faults: FaultBoard;
  readonly time: ExchangeTime;
  readonly onAnswered: (url: string, status: number) => void;
}

export class RestServer {
  readonly #options: RestServerOptions;

  constructor(options: RestServerOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { faults, ledger, time, onAnswered } = this.#options;
    const url = request.url ?? '/';
    const path = url.split('?')[0] ?? '/';
    request.resume();
    response.setHeader('date', new Date(time.exchangeMs()).toUTCString());
    const status = faults.onRequest('http-status', path);
    if (status !== undefined && status.on !== 'websocket') {
      onAnswered(url, status.status);
      const untilMs = status.retryAfterSeconds && time.exchangeMs() + status.retryAfterSeconds * 1000;
      sendRefusal(response, refusal(status.status, status.retryAfterSeconds, untilMs, status.body));
      return;
    }
    const answer = this.#answer(path, url);
    const verdict = ledger.charge(
      request.socket.remoteAddress ?? '',
      answer.pool,
      answer.weight,
      time.wallMs(),
    );
    response.setHeader('x-mbx-used-weight', String(verdict.used));
    response.setHeader('x-mbx-used-weight-1m', String(verdict.used));
    if (verdict.kind !== 'admitted') {
      const code = verdict.kind === 'banned' ? 418 : 429;
      onAnswered(url, code);
      const untilMs = verdict.kind === 'banned' ? Math.ceil(verdict.untilMs) : undefined;
      sendRefusal(response, refusal(code, verdict.retryAfterSeconds, untilMs));
      return;
    }
    onAnswered(url, answer.status);
    this.#send(response, path, answer);
  }

  #answer(path: string, url: string): RestAnswer {
    const { recorded, endpoints, time } = this.#options;
    const pool = path.startsWith('/api/') ? 'spot' : 'futures';
    const given = recorded[url] ?? recorded[path];
    if (given !== undefined) {
      const { status = 200, contentType = JSON_TYPE, body, weight = 1 } = given;
      return { status, contentType, body, weight, pool };
    }
    const query = new URLSearchParams(url.slice(path.length));
    const other = this.#options.byPrefix(path, query, time.exchangeMs());
    if (other !== undefined) return other;
    const endpoint = endpoints.get(path);
    if (endpoint === undefined) return errorAnswer(pool, -5000, `Path ${path}, Method GET is invalid`, 404);
    return endpoint(query, time.exchangeMs());
  }

  #send(response: ServerResponse, path: string, answer: RestAnswer): void {
    const { faults } = this.#options;
    response.statusCode = answer.status;
    if (faults.onRequest('hanging-request', path)) return;
    if (faults.onRequest('html-body', path)) {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(HTML_PAGE);
      return;
    }
    response.setHeader('content-type', answer.contentType);
    const isSpoilt = faults.anywhere('bad-ticker-rows') !== undefined && path.endsWith('/ticker/24hr');
    const body = Buffer.from(isSpoilt ? spoilTickers(answer.body) : answer.body);
    if (!sendBadly(response, path, body, faults)) response.end(body);
  }
}

function sendRefusal(
  response: ServerResponse,
  { status, contentType, body, retryAfterSeconds }: Refusal,
): void {
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  response.writeHead(status, { 'content-type': contentType }).end(body);
}
