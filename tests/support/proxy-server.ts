/** An HTTP proxy for a test: it knows one host, whatever name that is asked for by, and says what was asked of it. */
import { request as ask, createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ProxyServer {
  readonly url: string;
  /** `GET http://exchange.invalid/…`, `CONNECT exchange.invalid:443`. */
  readonly asked: string[];
  readonly requests: IncomingMessage[];
  /** Answers everything with this status instead of doing it. */
  refuseWith: number | undefined;
}

/** Closed when the test ends. @param target `host:port` of the server behind it. */
export async function proxyServer(target: string): Promise<ProxyServer> {
  const [hostname = '', port = ''] = target.split(':');
  const http = createServer((request, response) => {
    note(request);
    if (proxy.refuseWith !== undefined) return response.writeHead(proxy.refuseWith).end('no');
    const { pathname, search } = new URL(request.url ?? '');
    return ask({ hostname, port, path: pathname + search }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).end();
  });
  http.on('connect', (request, client) => {
    note(request);
    client.on('error', () => undefined);
    if (proxy.refuseWith !== undefined)
      return client.end(`HTTP/1.1 ${proxy.refuseWith} No\r\ncontent-length: 2\r\n\r\nno`);
    const server = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
  });
  const note = (request: IncomingMessage) => {
    proxy.requests.push(request);
    proxy.asked.push(`${request.method} ${request.url}`);
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  const proxy: ProxyServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked: [],
    requests: [],
    refuseWith: undefined,
  };
  return proxy;
}
