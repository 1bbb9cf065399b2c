/** `--metrics HOST:PORT`: the metrics of a program that is no server, for Prometheus to fetch. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LakeError, messageOf } from '../base/errors.ts';
import { CONTENT_TYPE, type Registry } from './registry.ts';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @param address `HOST:PORT`, `:PORT` or `PORT`; without a host this machine alone. @throws LakeError USAGE, SERVE_FAILED. */
export async function serveMetrics(address: string, registry: Registry): Promise<MetricsServer> {
  const match = /^(?:(\[[\da-f:.]+\]|[\w.-]*):)?(\d{1,5})$/i.exec(address);
  const port = Number(match?.[2]);
  if (!match || port > 65_535)
    throw new LakeError('USAGE', `\`--metrics ${address.slice(0, 60)}\` is not HOST:PORT`, {
      hint: 'for example `--metrics 127.0.0.1:9100`',
    });
  const host = match[1]?.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const server = createServer({ headersTimeout: 5000, requestTimeout: 10_000 }, (request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.text().then(
      (text) => response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.maxConnections = 20;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((error: unknown) => {
    throw new LakeError('SERVE_FAILED', `${host}:${port} cannot be listened on: ${messageOf(error)}`, {
      hint: 'choose another address with `--metrics`',
      cause: error,
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
