import { expect, it } from 'vitest';
import { runCheck } from '../../src/doctor/run-check.ts';
import { qualityFindings } from '../../src/doctor/tables/quality-findings.ts';
import { MINUTE_US } from '../../src/lake/timeframe.ts';
import { storeBars, T0_US, type TestBar } from '../support/bars.ts';
import { temporaryFolder } from '../support/program.ts';
import { look, sound, storeTickers } from '../support/quality.ts';

it('`doctor` counts what the checks of quality found in the last day, errors first', async () => {
  const lake = await temporaryFolder();
  const line = (minutesLater: number) => {
    const nowMs = (T0_US + minutesLater * MINUTE_US) / 1000;
    return runCheck(qualityFindings(lake, nowMs), new AbortController().signal);
  };
  const nothing = { status: 'ok', text: 'no findings in bars and prices of the last day' };
  // A lake without the table.
  expect(await line(60)).toEqual(nothing);
  const faulty = sound().map((bar, minute) => ({
    ...bar,
    ...(minute === 20 || minute === 40 ? { taker_buy_volume: 1e6 } : {}),
    ...(minute === 30 ? { known_at: bar.open_time } : {}),
  }));
  await storeBars(lake, faulty as TestBar[]);
  await storeTickers(lake, { OUT: { last_price: 7 } });
  await look(lake);
  expect(await line(60)).toEqual({
    status: 'warn',
    text: '2 × taker_volume, 1 × ticker_range, 1 × clock',
    fix: 'look at them: `crypto-lake read quality --since 1d`',
  });
  // A day after the 35th minute, that of the 40th is the only one left.
  expect(await line(1440 + 35)).toMatchObject({ status: 'warn', text: '1 × taker_volume' });
  expect(await line(1440 + 60)).toEqual(nothing);
});
