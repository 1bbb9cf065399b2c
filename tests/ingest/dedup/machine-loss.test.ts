import { describe, expect, it } from 'vitest';
import type { CoverageSpan } from '../../../src/ingest/dedup/coverage-spans.ts';
import { MachineLoss } from '../../../src/ingest/dedup/machine-loss.ts';

const SECOND_US = 1_000_000;
const hashOf = (number: number) => Uint32Array.of(number, 0, 0, 0);
const stored = (number: number, second: number, market = 'usdm') => ({
  hash: hashOf(number),
  market,
  receivedAtUs: second * SECOND_US,
});

function span(connection: string, from: number, until: number, market = 'usdm'): CoverageSpan {
  return {
    connection,
    market,
    state: 'listening',
    startedAtUs: from * SECOND_US,
    endedAtUs: until * SECOND_US,
    frames: 1,
    missed: 0,
    endReason: 'segment',
  };
}

describe('what another machine stored', () => {
  it('was missed by each connection that listened around it, and by none when one of them had it', () => {
    const loss = new MachineLoss();
    loss.heard(hashOf(1), 101 * SECOND_US);
    loss.listened([span('ws-1', 0, 60), span('ws-2', 0, 60)]);
    loss.listened([span('ws-1', 60, 120), span('ws-2', 90, 120)]);
    expect(loss.takeMissed([stored(1, 100), stored(2, 58)])).toEqual([
      { connection: 'ws-1', market: 'usdm' },
    ]);
    expect(loss.takeMissed([stored(3, 105)])).toEqual([
      { connection: 'ws-1', market: 'usdm' },
      { connection: 'ws-2', market: 'usdm' },
    ]);
  });

  it('is counted once, and not where it may still come, where nobody listened, or of another market', () => {
    const loss = new MachineLoss();
    loss.listened([span('ws-1', 0, 60)]);
    expect(loss.takeMissed([stored(1, 55), stored(2, 5), stored(3, 200), stored(4, 30, 'coinm')])).toEqual(
      [],
    );
    expect(loss.takeMissed([stored(5, 30)])).toHaveLength(1);
    expect(loss.takeMissed([stored(5, 30)])).toEqual([]);
    loss.listened([span('ws-1', 60, 120)]);
    expect(loss.takeMissed([stored(1, 55), stored(5, 30)])).toHaveLength(1);
  });

  it('that was seen before it is known whether we listened is counted then, also when it is not looked up again', () => {
    const loss = new MachineLoss();
    loss.listened([span('ws-1', 0, 60)]);
    expect(loss.takeMissed([stored(1, 80), stored(2, 82), stored(3, 200)])).toEqual([]);
    const copy = loss.copy();
    copy.heard(hashOf(2), 82 * SECOND_US);
    copy.listened([span('ws-1', 60, 120)]);
    expect(copy.takeMissed([stored(1, 80)])).toHaveLength(1);
    expect(copy.takeMissed([])).toEqual([]);
  });

  it('counts for nothing in a copy that is thrown away', () => {
    const loss = new MachineLoss();
    loss.listened([span('ws-1', 0, 60)]);
    expect(loss.copy().takeMissed([stored(1, 30)])).toHaveLength(1);
    const copy = loss.copy();
    copy.heard(hashOf(1), 30 * SECOND_US);
    expect(copy.takeMissed([stored(1, 30)])).toEqual([]);
    expect(loss.takeMissed([stored(1, 30)])).toHaveLength(1);
  });
});
