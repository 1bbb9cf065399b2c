import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { allChecks } from '../../src/doctor/all-checks.ts';
import type { CheckResult } from '../../src/doctor/check.ts';
import { networkSettings } from '../../src/doctor/routes/network-settings.ts';
import { runCheck } from '../../src/doctor/run-check.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import type { Fault } from '../../src/simulator/faults/fault.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import type { Venue } from '../../src/sources/venue.ts';
import { YAHOO } from '../../src/sources/yahoo/venue.ts';
import { SHORT } from '../support/feed-server.ts';
import { exchangeAt, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const NETWORK = ['clock', 'stream', 'spot REST', 'USD-M REST', 'COIN-M REST', 'Yahoo REST'];

/** What the checks that ask the exchange say of one at these addresses. */
async function look(addresses: { readonly wsUrl: string; readonly restUrl: string }, venue: Venue = BINANCE) {
  const clock = createSystemClock();
  const env = { ...exchangeAt(addresses), CRYPTO_LAKE_DIR: await temporaryFolder() };
  const { config } = loadConfig({ flags: {}, env, dotenvPath: '/nowhere/.env' });
  const network = await openVenueNetwork(venue, {
    addresses: config.addresses,
    spool: config.spool ?? '',
    clock,
    apiKey: undefined,
    rest: { maxAttempts: 1, timeoutMs: 1000 },
  });
  onTestFinished(() => network.rest.close());
  const checks = allChecks({
    config,
    clock,
    network: { venues: [network], timeouts: { ...SHORT, handshakeMs: 700, firstMessageMs: 700 } },
    command: (words) => `crypto-lake ${words}`,
  });
  const found: Record<string, CheckResult> = {};
  for (const check of checks.filter(({ name }) => NETWORK.includes(name)))
    found[check.name] = await runCheck(check, new AbortController().signal);
  return found;
}

async function exchangeWith(fault: Fault) {
  const simulator = await simulatorFor({ canaryIntervalMs: 50 });
  simulator.setFault(fault);
  return simulator;
}

describe('the way to the exchange', () => {
  const DIRECT = { httpsProxy: undefined, httpProxy: undefined, noProxy: [], extraCaCerts: undefined };
  const check = (more: object) =>
    runCheck(networkSettings({ ...DIRECT, ...more }), new AbortController().signal);

  it('is reported with its proxies, without their passwords', async () => {
    expect(await check({})).toEqual({ status: 'ok', text: 'none: every host is asked directly' });
    const proxies = { httpsProxy: 'http://me:secret@proxy:8080', noProxy: ['a.example', '10.0.0.0/8'] };
    expect(await check(proxies)).toEqual({
      status: 'ok',
      text: 'HTTPS_PROXY is http://proxy:8080; not for a.example, 10.0.0.0/8',
    });
  });

  it('fails with a file of authorities that Node passes over', async () => {
    const file = join(await temporaryFolder(), 'ca.pem');
    expect(await check({ extraCaCerts: file })).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/ENOENT/),
    });
    await writeFile(file, 'no certificate');
    expect(await check({ extraCaCerts: file })).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/has no certificate/),
    });
    await writeFile(file, '-----BEGIN CERTIFICATE-----\n');
    expect(await check({ extraCaCerts: file })).toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/trusted too/),
    });
  });
});

describe('an exchange that is well', () => {
  it('delivers on every route, and tells the weight that is left', async () => {
    const simulator = await simulatorFor({ canaryIntervalMs: 50, symbols: 20 });
    expect(await look(simulator)).toEqual({
      clock: { status: 'ok', text: expect.stringMatching(/^\d+ ms (ahead of|behind) the exchange$/) },
      stream: { status: 'ok', text: expect.stringContaining('/market/stream delivers') },
      'spot REST': { status: 'ok', text: expect.stringContaining('weight left this minute: 5,998 of 6,000') },
      'USD-M REST': { status: 'ok', text: expect.stringMatching(/2,39\d of 2,400/) },
      'COIN-M REST': { status: 'ok', text: expect.stringMatching(/2,39\d of 2,400/) },
    });
  });

  it('is warned of when little weight is left', async () => {
    const simulator = await simulatorFor({
      canaryIntervalMs: 50,
      responses: { '/api/v3/ticker/24hr': { body: '[]', weight: 5000 } },
    });
    expect((await look(simulator))['spot REST']).toMatchObject({
      status: 'warn',
      text: expect.stringContaining('1,000 of 6,000'),
    });
  });
});

describe('the charts of stocks', () => {
  it('are asked for one, and that is all', async () => {
    const simulator = await simulatorFor({});
    const found = await look(simulator, YAHOO);
    expect(found['Yahoo REST']).toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/answers in \d+ ms; weight left this minute: \d+ of 30$/),
    });
    const asked = simulator.stats().lastRequests.map(({ url }) => url);
    expect(asked).toEqual(['/v8/finance/chart/SPY?interval=1d&range=1d']);
  });

  it.each([
    ['a limit', { fault: 'http-status', status: 429, on: 'rest', retryAfterSeconds: 60 }, '(429)'],
    ['a web page', { fault: 'html-body', path: '/v8' }, 'is not JSON'],
    [
      'nothing that is there',
      { fault: 'http-status', status: 404, on: 'rest', path: '/v8' },
      'does not have',
    ],
  ] as const)('that answer with %s are reported', async (_, fault, text) => {
    const found = await look(await exchangeWith(fault), YAHOO);
    expect(found['Yahoo REST']).toMatchObject({ status: 'fail', text: expect.stringContaining(text) });
  });
});

describe('a stream that does not deliver', () => {
  it('is called acknowledged but silent when the handshake succeeds and nothing comes', async () => {
    const { stream } = await look(await exchangeWith({ fault: 'silent-socket' }));
    expect(stream).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('/market/stream is acknowledged but silent'),
      fix: expect.stringContaining('BINANCE_FUTURES_WS_URL'),
    });
  });

  it('is called unreachable when nobody is there', async () => {
    const found = await look({ wsUrl: 'ws://127.0.0.1:1', restUrl: 'http://127.0.0.1:1' });
    expect(found.stream).toMatchObject({
      status: 'fail',
      text: '127.0.0.1:1 cannot be reached: connection refused',
      fix: expect.stringContaining('curl -v http://127.0.0.1:1'),
    });
    expect(found['spot REST']).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('connection refused'),
    });
    expect(found.clock).toMatchObject({ status: 'skipped' });
  });

  it('is called unreachable when the handshake is never answered', async () => {
    const { stream } = await look(await exchangeWith({ fault: 'hanging-handshake' }));
    expect(stream).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('did not answer the handshake in time'),
    });
  });
});

describe('an exchange that refuses', () => {
  const refusing = (status: number, more = {}) =>
    exchangeWith({ fault: 'http-status', status, on: 'both', ...more });

  it('because of the region (451) is asked once, and the way out is another place', async () => {
    const simulator = await refusing(451);
    const found = await look(simulator);
    for (const name of ['stream', 'spot REST', 'USD-M REST', 'COIN-M REST']) {
      expect(found[name]).toMatchObject({
        status: 'fail',
        text: expect.stringContaining('blocks this region (451)'),
        fix: expect.stringContaining('mirror or proxy'),
      });
    }
    expect(simulator.stats().lastRequests.length).toBe(1);
  });

  it('because of a ban (418) is reported with the time that is left', async () => {
    const { stream } = await look(await refusing(418, { retryAfterSeconds: 600 }));
    expect(stream).toMatchObject({ status: 'fail', text: expect.stringMatching(/\(418\).*, 10 min left$/s) });
  });

  it('on one route alone does not hide that the others work', async () => {
    const found = await look(
      await exchangeWith({ fault: 'http-status', status: 404, on: 'rest', path: '/dapi' }),
    );
    expect(found['COIN-M REST']).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('does not have what is asked of it'),
    });
    expect(found['USD-M REST']).toMatchObject({ status: 'ok' });
  });

  it('with a web page is distinguished from one that cannot be reached', async () => {
    const found = await look(await exchangeWith({ fault: 'html-body', path: '/api' }));
    expect(found['spot REST']).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('not JSON'),
      fix: expect.stringContaining('login page'),
    });
  });
});

describe('the exchange’s clock', () => {
  it('fails the check when ours is off by more than a second', async () => {
    const { clock } = await look(await exchangeWith({ fault: 'clock-skew', offsetMs: 5000 }));
    expect(clock).toMatchObject({ status: 'fail', text: expect.stringMatching(/^(49|50)\d\d ms behind/) });
  });
});
