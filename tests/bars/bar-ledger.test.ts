import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bar, MINUTE_US } from '../../src/bars/bar.ts';
import { BarLedger } from '../../src/bars/bar-ledger.ts';

const START_US = Date.UTC(2026, 10, 24, 12) * 1000;

function bar(
  minute: number,
  firstTradeId: number | null,
  lastTradeId: number | null,
  over: Partial<Bar> = {},
): Bar {
  return {
    market: 'spot',
    symbol: 'BTCUSDT',
    openTimeUs: START_US + minute * MINUTE_US,
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: 1,
    quoteVolume: 10,
    tradeCount: firstTradeId === null || lastTradeId === null ? 0 : lastTradeId - firstTradeId + 1,
    takerBuyVolume: 0.5,
    takerBuyQuoteVolume: 5,
    firstTradeId,
    lastTradeId,
    eventTimeUs: null,
    ...over,
  };
}

describe('the ledger of bars', () => {
  it('proves a bar whose ids go on from the minute before, also over a quiet one', () => {
    const ledger = new BarLedger();
    expect(ledger.take(bar(0, 5, 9), 'stream')).toMatchObject({ kind: 'new', completeness: 'counted' });
    expect(ledger.take(bar(1, 10, 12), 'stream')).toMatchObject({ completeness: 'proven' });
    expect(ledger.take(bar(2, null, null), 'stream')).toMatchObject({ completeness: 'quiet' });
    expect(ledger.take(bar(3, 13, 13), 'stream')).toMatchObject({ completeness: 'proven' });
  });

  it('only counts a bar whose ids jump, or whose count does not fit its ids', () => {
    const ledger = new BarLedger();
    ledger.take(bar(0, 5, 9), 'stream');
    expect(ledger.take(bar(1, 11, 12), 'stream')).toMatchObject({ completeness: 'counted' });
    expect(ledger.take(bar(2, 13, 14, { tradeCount: 1 }), 'stream')).toMatchObject({
      completeness: 'counted',
    });
  });

  it('makes quiet minutes of a gap over which the ids meet, and of no other', () => {
    const ledger = new BarLedger();
    ledger.take(bar(0, 5, 9), 'stream');
    const met = ledger.take(bar(3, 10, 12), 'stream');
    expect(met).toMatchObject({
      kind: 'new',
      completeness: 'proven',
      quietBefore: [
        {
          openTimeUs: START_US + MINUTE_US,
          open: 11,
          close: 11,
          volume: 0,
          tradeCount: 0,
          firstTradeId: null,
        },
        { openTimeUs: START_US + 2 * MINUTE_US },
      ],
    });
    expect(ledger.take(bar(6, 14, 15), 'stream')).toMatchObject({ completeness: 'counted', quietBefore: [] });
  });

  it('tells a second delivery from a different word, and counts revisions', () => {
    const ledger = new BarLedger();
    ledger.take(bar(0, 5, 9), 'stream', Buffer.from('the first, 币安'));
    expect(ledger.take(bar(0, 5, 9), 'stream').kind).toBe('same');
    // REST has no ids.
    expect(ledger.take(bar(0, null, null, { tradeCount: 5 }), 'rest').kind).toBe('same');
    const other = ledger.take(bar(0, 5, 9, { volume: 2 }), 'rest');
    if (other.kind !== 'other') throw new Error(other.kind);
    expect(ledger.textOf(other.known)).toBe('the first, 币安');
    expect(ledger.correct(other.known, bar(0, 5, 9, { volume: 2 }), 'rest')).toBe(1);
    expect(ledger.take(bar(0, 5, 9, { volume: 2 }), 'rest').kind).toBe('same');
    const again = ledger.take(bar(0, 5, 9, { volume: 3 }), 'rest');
    expect(again.kind === 'other' && ledger.correct(again.known, bar(0, 5, 9, { volume: 3 }), 'rest')).toBe(
      2,
    );
  });

  it('forgets what was not stored: the same bars give the same rows again', () => {
    const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(minutes, minutes, (stored, failed) => {
        const ledger = new BarLedger();
        const take = (list: readonly number[]) =>
          list.map((minute) => ledger.take(bar(minute, minute * 10, minute * 10 + 9), 'stream'));
        take(stored);
        ledger.accept();
        const first = take(failed);
        ledger.discard();
        expect(take(failed)).toEqual(first);
      }),
    );
  });

  it('knows each newest word by its own minute, whatever is corrected, stored or given up in between', () => {
    const word = fc.record({
      minute: fc.integer({ min: 0, max: 25 }),
      volume: fc.integer({ min: 1, max: 3 }),
    });
    const segments = fc.array(
      fc.record({ words: fc.array(word, { maxLength: 12 }), isStored: fc.boolean() }),
    );
    fc.assert(
      fc.property(segments, (list) => {
        const ledger = new BarLedger();
        let known = new Map<number, { volume: number; revision: number }>();
        for (const { words, isStored } of list) {
          const staged = new Map(known);
          for (const { minute, volume } of words) {
            const word = bar(minute, null, null, { volume, tradeCount: 3 });
            const verdict = ledger.take(word, 'rest');
            const before = staged.get(minute);
            expect(verdict.kind).toBe(
              before === undefined ? 'new' : before.volume === volume ? 'same' : 'other',
            );
            if (verdict.kind === 'other') ledger.correct(verdict.known, word, 'rest');
            if (verdict.kind !== 'same')
              staged.set(minute, { volume, revision: before === undefined ? 0 : before.revision + 1 });
          }
          if (isStored) [known] = [staged, ledger.accept()];
          else ledger.discard();
          for (let minute = 0; minute <= 25; minute++) {
            const found = ledger.get('spot', 'BTCUSDT', START_US + minute * MINUTE_US);
            const expected = known.get(minute);
            expect(found && { volume: found.bar.volume, revision: found.revision }).toEqual(expected);
            if (found) expect(found.earlier?.length ?? 0).toBe(expected?.revision);
          }
        }
      }),
    );
  });

  it('never proves a bar, and never calls a minute quiet, when a trade is missing', () => {
    // A series of minutes with their trades; some bars are lost on the way.
    const series = fc.array(fc.record({ trades: fc.integer({ min: 0, max: 3 }), isLost: fc.boolean() }), {
      minLength: 2,
      maxLength: 40,
    });
    fc.assert(
      fc.property(series, (list) => {
        const ledger = new BarLedger();
        let id = 100;
        const lost = new Map<number, number>();
        for (const [minute, { trades, isLost }] of list.entries()) {
          const [first, last] = trades === 0 ? [null, null] : [id, id + trades - 1];
          id += trades;
          if (isLost) {
            lost.set(START_US + minute * MINUTE_US, trades);
            continue;
          }
          const verdict = ledger.take(bar(minute, first, last), 'stream');
          if (verdict.kind !== 'new') throw new Error(verdict.kind);
          for (const { openTimeUs } of verdict.quietBefore) {
            expect(lost.get(openTimeUs)).toBe(0);
            lost.delete(openTimeUs);
          }
          const before = [...lost].some(
            ([timeUs, n]) => timeUs === START_US + (minute - 1) * MINUTE_US && n > 0,
          );
          if (before) expect(verdict.completeness).not.toBe('proven');
        }
      }),
    );
  });
});
