/**
 * A proxy between an S3 client and a real server: counts requests and bytes, adds latency, and loses requests or answers.
 * Bodies pass as they are, so that signatures hold: the client signs the proxy's address, which is what the server sees.
 */
import {
  Agent,
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export type ProxyFault =
  | '500-before'
  | '503-before'
  | 'reset-before'
  | '500-after'
  | 'reset-after'
  | 'truncated';

export interface FaultProxy {
  readonly url: string;
  readonly counts: { requests: number; bytesDown: number; bytesUp: number };
  readonly requests: string[];
  delayMs: number;
  /** Asked for each request; undefined lets it through. */
  faultFor: (method: string, url: string) => ProxyFault | undefined;
  /** The server cannot be reached at all. */
  isAway: boolean;
  close(): Promise<void>;
}

export async function faultProxy(target: string): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => pass(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: { requests: 0, bytesDown: 0, bytesUp: 0 },
    requests: [],
    delayMs: 0,
    faultFor: () => undefined,
    isAway: false,
    async close() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', url = '', headers, socket } = incoming;
    proxy.counts.requests++;
    proxy.requests.push(`${method} ${url}`);
    const fault = proxy.faultFor(method, url);
    if (proxy.isAway || fault === 'reset-before') {
      socket.destroy();
      return;
    }
    if (fault === '500-before' || fault === '503-before') {
      incoming.resume().on('end', () => refuse(outgoing, Number(fault.slice(0, 3))));
      return;
    }
    setTimeout(() => {
      const onward = forward({ hostname, port, method, path: url, headers, agent }, (reply) => {
        if (fault === '500-after' || fault === 'reset-after') {
          reply.resume().on('end', () => (fault === '500-after' ? refuse(outgoing, 500) : socket.destroy()));
          return;
        }
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.on('data', (chunk: Buffer) => {
          proxy.counts.bytesDown += chunk.byteLength;
          if (fault === 'truncated')
            outgoing.write(chunk.subarray(0, chunk.byteLength / 2), () => socket.destroy());
          else outgoing.write(chunk);
        });
        reply.on('end', () => (fault === 'truncated' ? socket.destroy() : outgoing.end()));
      });
      onward.on('error', () => socket.destroy());
      incoming.on('data', (chunk: Buffer) => {
        proxy.counts.bytesUp += chunk.byteLength;
      });
      incoming.pipe(onward);
    }, proxy.delayMs);
  }
}

function refuse(outgoing: ServerResponse, status: number): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml' });
  outgoing.end(`<Error><Code>${status === 503 ? 'SlowDown' : 'InternalError'}</Code></Error>`);
}
