import { describe, expect, it } from 'vitest';
import { proxyOf, proxyText } from '../../src/network/proxy-rules.ts';

const settings = (noProxy: readonly string[] = []) => ({
  httpProxy: 'http://plain:3128',
  httpsProxy: 'http://name:pass@secure:8080',
  noProxy,
});

describe('the way to a host', () => {
  it.each([
    ['https://fapi.binance.com/x', 'http://secure:8080'],
    ['wss://fstream.binance.com/market', 'http://secure:8080'],
    ['http://api.binance.com', 'http://plain:3128'],
    ['ws://api.binance.com', 'http://plain:3128'],
  ])('%s goes through %s', (url, proxy) => {
    const found = proxyOf(url, settings());
    expect(found && proxyText(found)).toBe(proxy);
    expect(proxyOf(url, { httpProxy: undefined, httpsProxy: undefined, noProxy: [] })).toBeUndefined();
    expect(proxyOf(url, undefined)).toBeUndefined();
  });

  it.each([
    'http://localhost:9443/',
    'ws://exchange.localhost',
    'https://127.0.0.1',
    'wss://127.8.9.1:1',
    'http://[::1]:80/',
  ])('%s is this machine, and never goes through a proxy', (url) => {
    expect(proxyOf(url, settings())).toBeUndefined();
  });

  it.each([
    ['https://fapi.binance.com', 'binance.com', true],
    ['https://fapi.binance.com', '.binance.com', true],
    ['https://fapi.binance.com', '*.BINANCE.com', true],
    ['https://fapi.binance.com', '*', true],
    ['https://fapi.binance.com', 'inance.com', false],
    ['https://fapi.binance.com', 'api.binance.com', false],
    ['https://fapi.binance.com', 'binance.com:443', true],
    ['https://fapi.binance.com', 'binance.com:80', false],
    ['wss://fapi.binance.com:9443', 'binance.com:9443', true],
    ['http://10.1.2.3', '10.0.0.0/8', true],
    ['http://11.1.2.3', '10.0.0.0/8', false],
    ['http://10.1.2.3', '2.3', false],
    ['http://[fd00::7]', 'fd00::/8', true],
    ['http://[fd00::7]:80', 'fd00::7', true],
    ['http://[fd00::7]:81', '[fd00::7]:80', false],
    ['http://10.1.2.3', '10.0.0.0/99', false],
  ])('%s beside NO_PROXY=%s is asked directly: %s', (url, entry, isDirect) => {
    expect(proxyOf(url, settings(['other.example', entry])) === undefined).toBe(isDirect);
  });
});
