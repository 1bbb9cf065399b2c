import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserStore } from '../../src/api/auth/user-store.ts';
import { apiServer } from '../support/api-server.ts';
import { liveClient } from '../support/live-client.ts';
import { temporaryFolder } from '../support/program.ts';
import { servedLake } from '../support/served-lake.ts';

describe('with users', () => {
  it('a socket is nothing before its login, which never stands in the address', async () => {
    const lake = await temporaryFolder();
    await servedLake(lake);
    const users = new UserStore(join(lake, '_users.json'));
    await users.add('alice', 'correct horse', 'read');
    const own = await apiServer(
      lake,
      { CRYPTO_LAKE_USERS: users.path, CRYPTO_LAKE_SECRET: 'a-secret-of-tests-0123456789-abcdef-XYZ' },
      { host: '0.0.0.0' },
    );
    try {
      const login = await fetch(`${own.url}/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'alice', password: 'correct horse' }),
      });
      const { access_token: token } = (await login.json()) as { access_token: string };
      const bars = { type: 'subscribe', channel: 'bars', symbol: 'BTCUSDT' };
      const stranger = await liveClient(own.url, `/ws?token=${token}`);
      stranger.send(bars);
      expect(await stranger.next('error', ({ type }) => type === 'error')).toMatchObject({
        code: 'AUTH_REQUIRED',
      });
      const liar = await liveClient(own.url);
      liar.send({ type: 'auth', token: 'nonsense' });
      expect(await liar.closed).toBe(1008);
      const friend = await liveClient(own.url);
      friend.send({ type: 'auth', token });
      friend.send(bars);
      await friend.next('snapshot', ({ type }) => type === 'snapshot');
      const browser = await liveClient(own.url, '/ws', ['crypto-lake', `bearer.${token}`]);
      expect(browser.socket.protocol).toBe('crypto-lake');
      browser.send(bars);
      await browser.next('snapshot', ({ type }) => type === 'snapshot');
    } finally {
      await own.close();
    }
  });
});
