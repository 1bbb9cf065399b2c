/** The connections of an HTTP client: direct ones, and one pool a proxy. */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { type ProxySettings, proxyOf } from '../proxy-rules.ts';

export interface DispatcherOptions {
  readonly proxies: ProxySettings | undefined;
  /** For the connection, for the headers, and for each pause in the body. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

const CONNECTIONS = 4;

export class Dispatchers {
  readonly #options: DispatcherOptions;
  readonly #byProxy = new Map<string, Dispatcher>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  of(url: string): Dispatcher {
    const proxy = proxyOf(url, this.#options.proxies);
    const key = proxy?.href ?? '';
    let dispatcher = this.#byProxy.get(key);
    if (dispatcher === undefined) {
      dispatcher = this.#make(proxy);
      this.#byProxy.set(key, dispatcher);
    }
    return dispatcher;
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#byProxy.values()].map((dispatcher) => dispatcher.destroy()));
  }

  #make(proxy: URL | undefined): Dispatcher {
    const { timeoutMs, maxBodyBytes } = this.#options;
    const shared = {
      connect: { timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: maxBodyBytes,
      connections: CONNECTIONS,
    };
    if (proxy === undefined) return new Agent(shared);
    const token = authorizationOf(proxy);
    return new ProxyAgent({
      ...shared,
      uri: proxy.href,
      // A plain request is handed to the proxy as it is, as curl does: many proxies tunnel to port 443 alone.
      proxyTunnel: false,
      proxyTls: { timeout: timeoutMs },
      requestTls: { timeout: timeoutMs },
      ...(token === undefined ? {} : { token }),
    });
  }
}

function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '') return undefined;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(login).toString('base64')}`;
}
