/**
 * Which requests and sockets go through a proxy: by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as curl reads them. This
 * machine itself is never asked through one. Source: curl(1), "ENVIRONMENT".
 */
import { BlockList, isIP } from 'node:net';

export interface ProxySettings {
  /** Of `http:` and `ws:` addresses. */
  readonly httpProxy: string | undefined;
  /** Of `https:` and `wss:` addresses. */
  readonly httpsProxy: string | undefined;
  /** Names (with all below them), addresses, subnets, each with a port or without; `*` for all. */
  readonly noProxy: readonly string[];
}

/** By the variables themselves, where no setting has read them. @returns the proxy of an address. */
export function proxyByEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): (url: string) => URL | undefined {
  const of = (name: string) => env[name.toLowerCase()] || env[name] || undefined;
  const settings = {
    httpProxy: of('HTTP_PROXY'),
    httpsProxy: of('HTTPS_PROXY'),
    noProxy: (of('NO_PROXY') ?? '').split(/[\s,]+/).filter(Boolean),
  };
  return (url) => proxyOf(url, settings);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** @returns the proxy's address, or undefined for a direct connection. */
export function proxyOf(url: string, settings: ProxySettings | undefined): URL | undefined {
  if (settings === undefined) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  const proxy = isSecure ? settings.httpsProxy : settings.httpProxy;
  const host = hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
  if (proxy === undefined || isLoopback(host)) return undefined;
  const ownPort = port || (isSecure ? '443' : '80');
  return settings.noProxy.some((entry) => covers(entry, host, ownPort)) ? undefined : new URL(proxy);
}

/** `http://proxy:8080` without the name and password that it may hold. */
export function proxyText({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isIn(LOOPBACK, host);
}

function isIn(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, subnet, prefix] = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(entry) ?? [];
  if (subnet !== undefined) return isInSubnet(host, subnet, Number(prefix));
  // `name:443`, `[::1]:443`, or an IPv6 address without brackets, whose colons are its own.
  const [, name = entry, wantedPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const wanted = name
    .replace(/^\[|\]$/g, '')
    .replace(/^\*?\./, '')
    .toLowerCase();
  return wanted !== '' && (host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`)));
}

function isInSubnet(host: string, subnet: string, prefix: number): boolean {
  const version = isIP(subnet);
  if (version === 0 || prefix > (version === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(subnet, prefix, version === 6 ? 'ipv6' : 'ipv4');
  return isIn(list, host);
}
