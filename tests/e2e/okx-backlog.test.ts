import { expect, it } from 'vitest';
import { createOkxProtocol } from '../../src/simulator/okx/okx-protocol.ts';
import { eventually, query, temporaryFolder } from '../support/program.ts';
import { addressesOf, collect, venue } from '../support/venues.ts';

it('what OKX sends first may be old and comes in any order: each order is stored once at its time, and coverage begins where it was listened to', async () => {
  const nowMs = Date.now();
  const MINUTE_MS = 60_000;
  const message = (instId: string, times: readonly number[]) =>
    JSON.stringify({
      arg: { channel: 'liquidation-orders', instType: 'SWAP' },
      data: [
        {
          instId,
          instType: 'SWAP',
          details: times.map((ms) => ({
            bkPx: '97000.5',
            posSide: 'long',
            side: 'sell',
            sz: '3',
            ts: String(ms),
          })),
        },
      ],
    });
  const ago = (minutes: number) => nowMs - minutes * MINUTE_MS;
  const old = [ago(90), ago(600), ago(3), ago(1200)];
  const base = createOkxProtocol();
  const protocol = {
    ...base,
    control: (text: string) => {
      const answer = base.control(text);
      const isFirst = answer.subscribed.includes('liquidation-orders:SWAP');
      return isFirst ? { ...answer, replies: [...answer.replies, message('BTC-USDT-SWAP', old)] } : answer;
    },
  };
  const okx = await venue({ protocol, messagesPerSecond: 0 });
  const lake = await temporaryFolder();
  const env = { ...addressesOf(okx, okx), CRYPTO_LAKE_VENUES: 'okx' };
  const fresh = [nowMs + 40, nowMs - 700, nowMs + 20, nowMs - 9000];
  const stored = () =>
    query(
      lake,
      'SELECT symbol, epoch_ms(trade_time)::DOUBLE AS t, quantity, contract_size FROM liquidation ORDER BY symbol, t',
    );
  const rows = (symbol: string, times: readonly number[], size: number) =>
    [...times].sort((a, b) => a - b).map((t) => ({ symbol, t, quantity: 3, contract_size: size }));
  // After the second start the same backlog comes again: it is known from what is stored.
  for (const start of [1, 2]) {
    const collector = collect(lake, env);
    await eventually('both sockets listen', () => okx.connections === 2 * start);
    await eventually('it is subscribed', () => okx.topics('/ws/v5/public').length === 3);
    okx.push(message('ETH-USDT-SWAP', fresh));
    await eventually('it is stored', async () => (await stored()).length === 8);
    await collector.stop();
  }
  expect(await stored()).toEqual([...rows('BTC-USDT-SWAP', old, 0.01), ...rows('ETH-USDT-SWAP', fresh, 0.1)]);
  const [heard] = await query(
    lake,
    "SELECT epoch_ms(min(started_at))::DOUBLE AS f, sum(missed)::INT AS missed FROM coverage WHERE state = 'listening'",
  );
  expect(Number(heard?.f)).toBeGreaterThanOrEqual(nowMs);
  expect(heard?.missed).toBe(0);
  expect(await query(lake, 'SELECT count(*)::INT AS n FROM quarantine')).toEqual([{ n: 0 }]);
});
