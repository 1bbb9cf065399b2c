/** What is answered out of memory is what the files answer, to the byte. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { jsonRowsOf } from '../../src/output/json-rows.ts';
import { type BarQuestion, barTables, holdNewestBars, listBars } from '../../src/questions/bar-lists.ts';
import { LakeReader } from '../../src/questions/lake-reader.ts';
import type { Page } from '../../src/questions/list-answer.ts';
import { decimalValue, putDecimal, setDecimal } from '../../src/questions/recent/decimal-cell.ts';
import { putNumber, putTime } from '../../src/questions/recent/json-bytes.ts';
import { takeSlab } from '../../src/questions/recent/text-slabs.ts';
import {
  addBar,
  BAR_COUNT,
  CORRECTED_MINUTE,
  HOLE_MINUTES,
  START,
  servedLake,
} from '../support/served-lake.ts';

let lake: string;
beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-recent-'));
  await servedLake(lake);
});
afterAll(() => rm(lake, { recursive: true, force: true }));

const BARS: BarQuestion = {
  kind: 'bars',
  symbol: 'BTCUSDT',
  timeframe: '1m',
  known: 'corrected',
  fill: 'none',
  fromUs: undefined,
  toUs: undefined,
};
const at = (minute: number) => BigInt(START + minute * 60_000) * 1000n;

async function ask(reader: LakeReader, question: Partial<BarQuestion>, more: Partial<Page> = {}) {
  const asked = { ...BARS, ...question };
  const pinned = await reader.pin(barTables(asked).map(({ name }) => name));
  const page = { limit: 20, position: undefined, signal: AbortSignal.timeout(20_000), ...more };
  const answer = await listBars(pinned, asked, page);
  const { rows, ...rest } = answer;
  return {
    isFromMemory: rows.json !== undefined,
    json: rows.json ? Buffer.concat(rows.json()).toString() : jsonRowsOf(rows),
    byCells: jsonRowsOf(rows),
    types: rows.types.map(String),
    rest,
  };
}

/** One that holds the newest rows, and one that reads files; both of them by SQL. */
async function readers() {
  const held = await LakeReader.open({ lake, memoryBytes: 2 ** 28 });
  await holdNewestBars(held);
  const plain = await LakeReader.open({ lake, memoryBytes: 2 ** 28 });
  plain.recent.close();
  for (const { direct } of [held, plain]) vi.spyOn(direct, 'rows').mockResolvedValue(undefined);
  return {
    held,
    plain,
    close: async () => {
      await held.close();
      await plain.close();
    },
  };
}

it('the newest bars, spans, pages and holes are the same out of memory and out of files', async () => {
  const { held, plain, close } = await readers();
  const questions: [Partial<BarQuestion>, Partial<Page>][] = [
    [{}, {}],
    [{ symbol: '币安人生USDT' }, { limit: 100 }],
    [{ fromUs: at(90), toUs: at(120) }, {}],
    [{ fromUs: at(90) }, { position: { afterUs: at(98) } }],
    [{ toUs: at(200) }, { limit: 7 }],
    [{}, { position: { beforeUs: at(150) } }],
    [{ fromUs: at(HOLE_MINUTES[0] ?? 0), fill: 'previous' }, { limit: 6 }],
    [{ known: 'first', fromUs: at(CORRECTED_MINUTE), toUs: at(CORRECTED_MINUTE + 3) }, {}],
    [{ symbol: 'usdm:BTCUSDT' }, { limit: 3 }],
    [{ fromUs: at(BAR_COUNT + 5) }, {}],
  ];
  for (const [question, page] of questions) {
    const fromMemory = await ask(held, question, page);
    const fromFiles = await ask(plain, question, page);
    expect(fromFiles.isFromMemory).toBe(false);
    if (question.fill === undefined) expect(fromMemory.isFromMemory, JSON.stringify(page.limit)).toBe(true);
    expect({ ...fromMemory, isFromMemory: false }).toEqual(fromFiles);
    expect(fromMemory.byCells).toBe(fromMemory.json);
  }
  await close();
}, 60_000);

it('a span with a corrected bar comes from the files, which know both versions', async () => {
  const { held, plain, close } = await readers();
  const question = { fromUs: at(CORRECTED_MINUTE - 2), toUs: at(CORRECTED_MINUTE + 2) };
  const answer = await ask(held, question);
  expect(answer.isFromMemory).toBe(false);
  expect(answer.json).toContain('"close":555.5');
  expect(answer).toEqual(await ask(plain, question));
  await close();
}, 60_000);

it('a bar that is committed is in the next answer, and an older version is read from its files', async () => {
  const { held, plain, close } = await readers();
  const before = await held.pin(['bars_1m', 'bar_corrections']);
  await addBar(lake, BAR_COUNT + 1);
  await expect
    .poll(async () => (await ask(held, {}, { limit: 1 })).json)
    .toContain(new Date(START + (BAR_COUNT + 1) * 60_000).toISOString().slice(0, 19));
  const now = await ask(held, {});
  expect(now.isFromMemory).toBe(true);
  expect({ ...now, isFromMemory: false }).toEqual(await ask(plain, {}));
  const page = { limit: 20, position: undefined, signal: AbortSignal.timeout(20_000) };
  const old = await listBars(before, BARS, page);
  expect(old.rows.json).toBeUndefined();
  expect(jsonRowsOf(old.rows)).not.toEqual(now.json);
  await close();
}, 60_000);

it('indicators are held from the first question on', async () => {
  const { held, plain, close } = await readers();
  const question = { kind: 'indicators', fromUs: at(0), toUs: at(40) } as const;
  await expect.poll(async () => (await ask(held, question)).isFromMemory).toBe(true);
  expect({ ...(await ask(held, question)), isFromMemory: false }).toEqual(await ask(plain, question));
  await close();
}, 60_000);

it('numbers are written as JSON.stringify writes them', () => {
  const out = takeSlab(64);
  const plainly = (value: number) =>
    out.bytes.toString('latin1', 0, putNumber(out, 0, Float64Array.of(value), 0));
  const words = new Uint32Array(2);
  const byDecimal = () => {
    // What is there already must not be taken for what was written.
    out.bytes.fill('x');
    return out.bytes.toString('latin1', 0, putDecimal(out, 0, words, 0));
  };
  const written = (value: number) => {
    const text = plainly(value);
    if (setDecimal(words, 0, value)) {
      expect(byDecimal()).toBe(text);
      expect(decimalValue(words, 0)).toBe(value);
    }
    return text;
  };
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(written(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 9 }), (whole, decimals) => {
      const value = whole / 10 ** decimals;
      expect(written(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (value) => {
      expect(written(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 5000 },
  );
  const zerosBehindPoint = fc.tuple(
    fc.integer({ min: 1, max: 99_999_999 }),
    fc.integer({ min: 1, max: 999 }),
  );
  fc.assert(
    fc.property(zerosBehindPoint, ([whole, few]) => {
      expect(written(whole + few / 10_000)).toBe(JSON.stringify(whole + few / 10_000));
    }),
    { numRuns: 2000 },
  );
  const odd = [
    10_447_852.031,
    1e15 + 2,
    12345678901234567e4,
    0.00001234567890123,
    -0.1234567890123456,
    2 ** 53,
    1.7e20,
  ];
  expect(odd.map(written)).toEqual(odd.map((value) => JSON.stringify(value)));
  expect([0, -0, 1e-7, 123456789012345, 1e15, 1e21, 0.1 + 0.2].map(written)).toEqual(
    [0, -0, 1e-7, 123456789012345, 1e15, 1e21, 0.1 + 0.2].map((value) => JSON.stringify(value)),
  );
});

it('times are written with all their digits', () => {
  const out = takeSlab(64);
  const written = (us: number) => out.bytes.toString('latin1', 0, putTime(out, 0, Float64Array.of(us), 0));
  expect(written(Date.UTC(2026, 10, 28, 1, 2, 3) * 1000 + 4005)).toBe('"2026-11-28T01:02:03.004005Z"');
  expect(written(-1)).toBe('"1969-12-31T23:59:59.999999Z"');
  expect(written(Number.NaN)).toBe('null');
});
