import { describe, expect, it } from 'vitest';
import { apiServer } from '../support/api-server.ts';
import { liveClient } from '../support/live-client.ts';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

describe('a server beside a collector', () => {
  it('pushes liquidations as they come, long before they are committed, and the tables lose nothing', async () => {
    const lake = await temporaryFolder();
    const simulator = await simulatorFor({ framesPerSecond: 20 });
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '60s', LOG_LEVEL: 'warn' };
    const collector = start(['liquidations', '--lake', lake], { env });
    const api = await apiServer(lake);
    try {
      const client = await liveClient(api.url);
      client.send({ type: 'subscribe', channel: 'liquidations' });
      await eventually(
        'ten orders',
        () => client.messages.filter(({ type }) => type === 'update').length >= 10,
      );
      const health = await eventually('a heartbeat that says so', async () => {
        const reported = await api.json('/health');
        return reported.status === 'ok' && reported;
      });
      expect(health).toMatchObject({ status: 'ok', collectors: [{ source: 'liquidations', fresh: true }] });
      await simulator.confirm();
      collector.kill('SIGTERM');
      await collector.finished;
      const [row] = await query(lake, 'SELECT count(*) AS n FROM liquidation');
      expect(Number(row?.n)).toBe(simulator.truth().liquidations.length);
      const update = client.messages.find(({ type }) => type === 'update');
      const { trade_time, symbol } = (update?.data ?? {}) as { trade_time: string; symbol: string };
      const [same] = await query(
        lake,
        `SELECT count(*) AS n FROM liquidation WHERE symbol = '${symbol}' AND trade_time = '${trade_time}'`,
      );
      expect(Number(same?.n)).toBeGreaterThanOrEqual(1);
    } finally {
      await api.close();
    }
  });
});
