import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { VENUES } from '../../src/sources/registry.ts';
import { eventually, run, start } from '../support/program.ts';

const EXPORT = /^export (\w+)=(\S+)$/gm;

it('simulate prints the address of everything that a venue of the program can be asked at, and each answers', async () => {
  const names = VENUES.flatMap(({ settings }) => settings)
    .filter(({ kind }) => kind === 'wsUrl' || kind === 'httpUrl')
    .map(({ env }) => env);
  const child = start(['simulate', '--port', '0', '--rate', '20']);
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  const addresses = await eventually('all are printed', () => {
    const found = Object.fromEntries([...printed.matchAll(EXPORT)].map(([, name, url]) => [name, url]));
    return Object.keys(found).length >= names.length ? found : undefined;
  });
  expect(Object.keys(addresses).sort()).toEqual(names.sort());
  expect(printed.replaceAll(EXPORT, '').trim()).toBe('');

  for (const [name, url = ''] of Object.entries(addresses).filter(([name]) => name.endsWith('_WS_URL'))) {
    expect(url, name).toMatch(/^ws:\/\/127\.0\.0\.1:\d+/);
    const path =
      { BYBIT_WS_URL: '/v5/public/linear', OKX_WS_URL: '/ws/v5/public' }[name] ?? '/ws/btcusdt@trade';
    const socket = new WebSocket(url + path);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.terminate();
  }
  const archived = await fetch(
    `${addresses.BINANCE_ARCHIVE_URL}/data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-01-02.zip.CHECKSUM`,
  );
  expect(await archived.text()).toMatch(/^[0-9a-f]{64} /);
  // As a user would: what was printed is all that is needed to point the program to it.
  const looked = await run(['doctor', '--network', '--json'], {
    env: { ...addresses, CRYPTO_LAKE_VENUES: 'all' },
  });
  const checks = JSON.parse(looked.stdout) as { check: string; status: string; text: string }[];
  const routes = VENUES.filter(({ sources }) =>
    sources.some(({ completeness }) => completeness !== undefined),
  ).flatMap((venue) => venue.routes.map(({ name }) => name));
  for (const route of routes)
    expect(checks).toContainEqual(expect.objectContaining({ check: route, status: 'ok' }));

  child.kill('SIGINT');
  expect(await child.finished).toMatchObject({ code: 0, stderr: expect.stringContaining('Ctrl-C') });
});
