import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { QUALITY_SETTINGS } from '../../src/config/quality-settings.ts';
import { QUALITY_CHECKS } from '../../src/derive/quality/find.ts';
import type { Thresholds } from '../../src/derive/quality/quality-check.ts';
import { storeBars, T0_US, type TestBar } from '../support/bars.ts';
import { temporaryFolder } from '../support/program.ts';
import { look, sound, storeTickers } from '../support/quality.ts';

const AT = 30;

/** As the settings say. */
function settings(env: Record<string, string> = {}): Thresholds {
  return loadConfig({ flags: {}, env, dotenvPath: '/nowhere/.env' }).config;
}

type Change = (bar: TestBar, minute: number) => object | undefined;

/** Sound bars that are changed; a minute of which nothing is left is a hole. */
async function storeChanged(lake: string, change: Change): Promise<void> {
  const bars = sound().map((bar, minute) => {
    const changed = change(bar, minute);
    return changed && { ...bar, ...changed };
  });
  await storeBars(lake, bars.filter((bar) => bar !== undefined) as TestBar[]);
}

const at =
  (minute: number, fault: (bar: TestBar) => object): Change =>
  (bar, row) =>
    row === minute ? fault(bar) : {};

/** By check: what it finds with the settings as they are, and the setting that makes nothing of it. */
const BY_SETTING: Record<
  string,
  readonly [setting: string, value: string, store: (lake: string) => Promise<void>]
> = {
  jump: [
    'JUMP',
    '100000',
    (lake) =>
      storeChanged(
        lake,
        at(20, ({ close }) => ({ close: close * 2, high: close * 2 })),
      ),
  ],
  stuck_price: [
    'STUCK',
    '2h',
    (lake) => storeChanged(lake, () => ({ open: 50, high: 50, low: 50, close: 50 })),
  ],
  stale_symbol: [
    'STALE',
    '20m',
    (lake) => storeChanged(lake, (_, minute) => (minute < 40 || minute > 52 ? {} : undefined)),
  ],
  stale_ticker: ['STALE', '2h', (lake) => storeTickers(lake, { OLD: { close_time: T0_US - 3600e6 } })],
  spot_futures: [
    'DIVERGENCE',
    '200',
    async (lake) => {
      await storeChanged(lake, () => ({}));
      await storeBars(
        lake,
        sound().map((bar) => ({ ...bar, close: bar.close * 2, market: 'usdm' })) as TestBar[],
      );
    },
  ],
  clock: [
    'CLOCK',
    '2m',
    (lake) =>
      storeChanged(
        lake,
        at(AT, ({ open_time }) => ({ known_at: open_time })),
      ),
  ],
};

/** By check: what is wrong by itself, whatever the settings. */
const ALWAYS: Record<string, (lake: string) => Promise<void>> = {
  ohlc_order: (lake) =>
    storeChanged(
      lake,
      at(AT, ({ high }) => ({ low: high * 2 })),
    ),
  taker_volume: (lake) =>
    storeChanged(
      lake,
      at(AT, ({ volume }) => ({ taker_buy_volume: volume * 2 })),
    ),
  average_price: (lake) =>
    storeChanged(
      lake,
      at(AT, ({ volume, high }) => ({ quote_volume: volume * high * 2 })),
    ),
  trade_count: (lake) =>
    storeChanged(
      lake,
      at(AT, ({ trade_count }) => ({ trade_count: trade_count + 1 })),
    ),
  volume_without_trades: (lake) =>
    storeChanged(
      lake,
      at(AT, () => ({ trade_count: 0, first_trade_id: null, last_trade_id: null })),
    ),
  continuity: (lake) =>
    storeChanged(
      lake,
      at(AT, (bar) => ({ first_trade_id: Number((bar as { first_trade_id?: number }).first_trade_id) + 1 })),
    ),
  duplicate_key: async (lake) => {
    await storeChanged(lake, () => ({}));
    await storeBars(lake, [{ ...(sound()[AT] as TestBar), volume: 77 }]);
  },
  ticker_range: (lake) => storeTickers(lake, { OUT: { last_price: 7 } }),
};
const LOOSE = { JUMP: '99999', STUCK: '1d', STALE: '1d', DIVERGENCE: '99999', CLOCK: '1d' };

const named = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`CRYPTO_LAKE_QUALITY_${name}`, value]));
const checksOf = (findings: readonly string[]) => findings.map((finding) => finding.split(' ')[0]);

describe('the settings of quality', () => {
  it.each(Object.entries(BY_SETTING))(
    'say from where on %s is found',
    async (check, [setting, value, store]) => {
      const [usual, moved] = [await temporaryFolder(), await temporaryFolder()];
      for (const lake of [usual, moved]) await store(lake);
      expect(checksOf(await look(usual, T0_US / 1000, settings()))).toContain(check);
      expect(checksOf(await look(moved, T0_US / 1000, settings(named({ [setting]: value }))))).not.toContain(
        check,
      );
    },
  );

  it.each(Object.entries(ALWAYS))(
    'are none of the business of %s, which is wrong by itself',
    async (check, store) => {
      const lake = await temporaryFolder();
      await store(lake);
      expect(checksOf(await look(lake, T0_US / 1000, settings(named(LOOSE))))).toContain(check);
    },
  );

  it('are all looked at, beside all checks', () => {
    const checks = QUALITY_CHECKS.map(({ name }) => name).sort();
    expect(Object.keys({ ...BY_SETTING, ...ALWAYS }).sort()).toEqual(checks);
    const used = Object.values(BY_SETTING).map(([setting]) => `CRYPTO_LAKE_QUALITY_${setting}`);
    expect(new Set(used)).toEqual(new Set(Object.values(QUALITY_SETTINGS).map(({ env }) => env)));
  });
});
