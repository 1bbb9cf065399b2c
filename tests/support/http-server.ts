/** An HTTP server for a test whose answers are a function, and a REST client with short times. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { RestClient, type RestClientOptions } from '../../src/network/http/rest-client.ts';
import { BINANCE_LIMITS } from '../../src/sources/binance/limits.ts';
import { openHostLimits } from './feed-server.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse, number: number) => void;

export interface TestHttpServer {
  readonly url: string;
  readonly requests: IncomingMessage[];
  answer: Answer;
}

/** Closed when the test ends. `number` counts requests from 1. */
export async function httpServer(answer: Answer): Promise<TestHttpServer> {
  const requests: IncomingMessage[] = [];
  const http = createServer((request, response) => {
    requests.push(request);
    server.answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  const server: TestHttpServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests,
    answer,
  };
  return server;
}

export function reply(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Answer {
  return (_, response) => response.writeHead(status, headers).end(body);
}

/** Closed when the test ends. */
export async function restClient(options: Partial<RestClientOptions> = {}): Promise<RestClient> {
  const rest = new RestClient({
    hostLimits: await openHostLimits(),
    clock: createSystemClock(),
    limits: BINANCE_LIMITS,
    apiKey: undefined,
    timeoutMs: 500,
    ...options,
  });
  onTestFinished(() => rest.close());
  return rest;
}
