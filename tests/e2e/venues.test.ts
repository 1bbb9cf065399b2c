import { describe, expect, it } from 'vitest';
import { createBybitProtocol } from '../../src/simulator/bybit/bybit-protocol.ts';
import { createOkxProtocol } from '../../src/simulator/okx/okx-protocol.ts';
import type { VenueOrder } from '../../src/simulator/venues/venue-protocol.ts';
import { eventually, exchangeAt, query, run, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';
import { addressesOf, collect, venue } from '../support/venues.ts';

const textOf = (order: VenueOrder) => {
  const { market, symbol, side, tradeTimeMs, quantity, price, contractSize, notional } = order;
  return JSON.stringify([market, symbol, side, tradeTimeMs, quantity, price, contractSize, notional]);
};

async function storedOf(lake: string, name: string): Promise<string[]> {
  const rows = await query(
    lake,
    `SELECT market, symbol, side, epoch_ms(trade_time) AS t, quantity, price, contract_size, notional, average_price, filled_quantity
FROM liquidation WHERE venue = '${name}'`,
  );
  for (const { average_price, filled_quantity } of rows)
    expect([average_price, filled_quantity]).toEqual([null, null]);
  return rows.map((row) =>
    JSON.stringify([
      row.market,
      row.symbol,
      row.side,
      Number(row.t),
      row.quantity,
      row.price,
      row.contract_size,
      row.notional,
    ]),
  );
}

describe('liquidations of two more venues', () => {
  it('are stored each once, also over a cut and a kill, and counted by venue and market', async () => {
    const bybit = await venue({ protocol: createBybitProtocol() });
    const okx = await venue({ protocol: createOkxProtocol(), seed: 2 });
    const lake = await temporaryFolder();
    const env = addressesOf(bybit, okx);
    const first = collect(lake, env);
    await eventually('all listen', () => bybit.connections >= 4 && okx.connections >= 2);
    await eventually('orders came', () => bybit.orders().length > 20 && okx.orders().length > 20);
    bybit.cut();
    await eventually('it is back', () => bybit.connections >= 8);
    first.child.kill('SIGKILL');
    await new Promise((resolve) => first.child.once('exit', resolve));
    const second = collect(lake, env);
    const { length } = okx.orders();
    await eventually('more came', () => okx.orders().length > length + 20);
    await second.stop();
    for (const [name, simulator] of [
      ['bybit', bybit],
      ['okx', okx],
    ] as const) {
      const stored = await storedOf(lake, name);
      const sent = new Set(simulator.orders().map(textOf));
      expect(stored.length).toBeGreaterThan(30);
      expect(new Set(stored).size).toBe(stored.length);
      expect(stored.filter((row) => !sent.has(row))).toEqual([]);
    }
    const heard = await query(
      lake,
      "SELECT DISTINCT venue, market, source, state FROM coverage WHERE source = 'liquidation' ORDER BY ALL",
    );
    expect(heard.map(({ venue: name, market, state }) => [name, market, state])).toEqual([
      ['bybit', 'inverse', 'listening'],
      ['bybit', 'linear', 'listening'],
      ['okx', 'futures', 'listening'],
      ['okx', 'swap', 'listening'],
    ]);
    expect(await query(lake, 'SELECT count(*)::INT AS n FROM quarantine')).toEqual([{ n: 0 }]);
  });

  it.each(['refused', 'silent'] as const)(
    'go on where another venue is %s; that one has no coverage',
    async (fault) => {
      const bybit = await venue({ protocol: createBybitProtocol() });
      const okx = await venue({ protocol: createOkxProtocol() });
      okx.setFault(fault);
      const lake = await temporaryFolder();
      const collector = collect(lake, addressesOf(bybit, okx));
      await eventually(
        'orders came',
        () => bybit.orders().length > 20 && (fault === 'refused' || okx.connections > 0),
      );
      await eventually(
        'they are stored',
        async () => (await query(lake, 'SELECT count(*)::INT AS n FROM liquidation'))[0]?.n !== 0,
      );
      await collector.stop();
      const venues = await query(lake, "SELECT DISTINCT venue FROM coverage WHERE state = 'listening'");
      expect(venues).toEqual([{ venue: 'bybit' }]);
    },
  );

  it('go on without a gap while another venue falls silent, comes back, is started again, and is blocked', async () => {
    const bybit = await venue({ protocol: createBybitProtocol(), pingIntervalMs: 500 });
    const binance = await simulatorFor({ symbols: 20, framesPerSecond: 20, canaryIntervalMs: 200 });
    const okxOptions = { protocol: createOkxProtocol(), pingIntervalMs: 500 };
    let okx = await venue(okxOptions);
    const lake = await temporaryFolder();
    const collector = collect(lake, {
      ...exchangeAt(binance),
      ...addressesOf(bybit, okx),
      CRYPTO_LAKE_VENUES: 'all',
    });
    await eventually('all listen', () => binance.stats().openConnections === 2 && bybit.connections === 4);
    await eventually('OKX is heard', () =>
      okx.deliveries().some(({ confirmedAtMs }) => confirmedAtMs.length > 1),
    );

    const { connections } = okx;
    okx.setFault('silent');
    await eventually('silent sockets are replaced', () => okx.connections >= connections + 2, 30_000);
    okx.setFault(undefined);
    const silentUntilMs = Date.now();
    const confirmed = () =>
      okx
        .deliveries()
        .filter(({ order, confirmedAtMs }) => confirmedAtMs.length > 0 && order.tradeTimeMs > silentUntilMs)
        .map(({ order }) => textOf(order));
    await eventually('it is heard again', () => confirmed().length > 0, 30_000);
    const beforeRestart = confirmed();
    await okx.close();
    okx = await venue({ ...okxOptions, seed: 3, port: Number(new URL(okx.restUrl).port) });
    await eventually('it is heard after its restart', () => confirmed().length > 0, 30_000);
    const afterRestart = confirmed();
    okx.setFault('refused');
    const { length } = bybit.orders();
    await eventually('the others trade on', () => bybit.orders().length > length + 40);
    await Promise.all([bybit.confirm(), binance.confirm()]);
    await collector.stop();

    // Nobody else was even dialled again.
    expect([bybit.connections, binance.stats().connections]).toEqual([4, 2]);
    const stored = await storedOf(lake, 'bybit');
    const arrived = bybit.deliveries().filter(({ confirmedAtMs }) => confirmedAtMs.length > 0);
    expect(arrived.map(({ order }) => textOf(order)).filter((row) => !stored.includes(row))).toEqual([]);
    expect(new Set(stored).size).toBe(stored.length);
    const okxRows = await storedOf(lake, 'okx');
    expect(okxRows).toEqual(expect.arrayContaining([...beforeRestart, ...afterRestart]));
    const spans = await query(
      lake,
      `SELECT DISTINCT venue, market, count(*) OVER (PARTITION BY venue, market) > 1 AS has_gaps FROM coverage_by_market
WHERE source = 'liquidation' ORDER BY ALL`,
    );
    expect(spans.map(({ venue: name, market, has_gaps }) => [name, market, has_gaps])).toEqual([
      ['binance', 'coinm', false],
      ['binance', 'usdm', false],
      ['bybit', 'inverse', false],
      ['bybit', 'linear', false],
      ['okx', 'futures', true],
      ['okx', 'swap', true],
    ]);
  }, 120_000);

  it('leave out a contract that the venue lists and does not know, once', async () => {
    const bybit = await venue({
      protocol: createBybitProtocol({ moreLinear: ['GONEUSDT'], unknown: ['GONEUSDT'] }),
    });
    const okx = await venue({ protocol: createOkxProtocol() });
    const lake = await temporaryFolder();
    const collector = collect(lake, { ...addressesOf(bybit, okx), CRYPTO_LAKE_VENUES: 'bybit' });
    let log = '';
    collector.child.stderr?.on('data', (chunk) => {
      log += chunk;
    });
    await eventually('the others are heard', () =>
      bybit.topics('/v5/public/linear').includes('allLiquidation.BTCUSDT'),
    );
    await collector.stop();
    expect(log).toContain('GONEUSDT');
  });
});

it('symbols refresh takes the lists of all venues, and a second one finds nothing new', async () => {
  const bybit = await venue({ protocol: createBybitProtocol() });
  const okx = await venue({ protocol: createOkxProtocol() });
  const binance = await simulatorFor({ market: 'none', symbols: 8 });
  const lake = await temporaryFolder();
  const env = { ...exchangeAt(binance), ...addressesOf(bybit, okx) };
  const refresh = async () => (await run(['symbols', 'refresh', '--lake', lake], { env })).stderr;
  const first = await refresh();
  for (const title of ['Binance', 'Bybit', 'OKX'])
    expect(first).toMatch(new RegExp(`^${title}: [1-9]\\d* symbols have a new version`, 'm'));
  expect(await refresh()).not.toMatch(/: [1-9]/);
  const rows = await query(
    lake,
    "SELECT * FROM symbols_now WHERE symbol IN ('BTCUSDT', 'BTC-USD-SWAP', 'IOST-USDT-SWAP') ORDER BY venue, market, symbol",
  );
  expect(rows.map(({ venue: name, market, symbol }) => `${name} ${market} ${symbol}`)).toEqual([
    'binance spot BTCUSDT',
    'binance usdm BTCUSDT',
    'bybit linear BTCUSDT',
    'okx swap BTC-USD-SWAP',
    'okx swap IOST-USDT-SWAP',
  ]);
  expect(rows[2]).toMatchObject({ quote_asset: 'USDT', contract_size: null, price_increment: 0.0001 });
  expect(rows[3]).toMatchObject({ base_asset: 'BTC', quote_asset: 'USD', contract_size: 100 });
  expect(rows[4]).toMatchObject({ base_asset: 'IOST', quote_asset: 'USDT', contract_size: 1000 });
  const listed = await run(['symbols', 'list', '--all', '--venue', 'okx', '--json', '--lake', lake], { env });
  expect(JSON.parse(listed.stdout)).toHaveLength(6);
});

it('doctor looks at the routes of the chosen venues', async () => {
  const bybit = await venue({ protocol: createBybitProtocol() });
  const okx = await venue({ protocol: createOkxProtocol() });
  const lake = await temporaryFolder();
  const look = async () => {
    const { stdout } = await run(['doctor', '--network', '--json', '--lake', lake], {
      env: addressesOf(bybit, okx),
    });
    const rows = JSON.parse(stdout) as { check: string; status: string; text: string }[];
    return Object.fromEntries(rows.map(({ check, status, text }) => [check, `${status}: ${text}`]));
  };
  const good = await look();
  for (const check of ['Bybit stream', 'Bybit REST', 'OKX stream', 'OKX REST'])
    expect(good[check]).toMatch(/^ok: 127\.0\.0\.1/);
  bybit.setFault('refused');
  okx.setFault('silent');
  const broken = await look();
  expect(broken['Bybit stream']).toMatch(/^fail: .*\(403\)/);
  expect(broken['OKX stream']).toMatch(/^fail: .* is acknowledged but silent/);
  expect(broken['OKX REST']).toMatch(/^ok/);
});
