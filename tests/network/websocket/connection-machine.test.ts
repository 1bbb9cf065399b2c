import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConnectionEvent,
  type ConnectionState,
  isHearing,
  nextState,
} from '../../../src/network/websocket/connection-machine.ts';

const EVENTS: readonly ConnectionEvent[] = [
  'dial',
  'opened',
  'message',
  'quiet',
  'silent',
  'gone',
  'rotate',
  'replaced',
  'kept',
  'stop',
];

const histories = fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 });

function stateAfter(events: readonly ConnectionEvent[], from: ConnectionState = 'waiting'): ConnectionState {
  return events.reduce(nextState, from);
}

/** What a connection is, put in other words than the table: three facts that events turn on and off. */
interface Model {
  isStopped: boolean;
  /** How far the present connection came: not dialled, dialled, open, delivering. */
  progress: 0 | 1 | 2 | 3;
}

function model(events: readonly ConnectionEvent[]): Model {
  const model: Model = { isStopped: false, progress: 0 };
  for (const event of events) {
    if (model.isStopped) continue;
    if (event === 'stop' || event === 'replaced') model.isStopped = true;
    else if (event === 'gone' || (event === 'silent' && model.progress > 0)) model.progress = 0;
    else if (event === 'dial' && model.progress === 0) model.progress = 1;
    else if (event === 'opened' && model.progress === 1) model.progress = 2;
    else if (event === 'message' && model.progress === 2) model.progress = 3;
  }
  return model;
}

describe('the connection machine', () => {
  it('agrees with a model of three facts whatever happens', () => {
    fc.assert(
      fc.property(histories, (events) => {
        const state = stateAfter(events);
        const { isStopped, progress } = model(events);
        expect(state === 'stopped').toBe(isStopped);
        if (isStopped) return;
        expect(isHearing(state)).toBe(progress === 3);
        if (progress < 3) expect(state).toBe(['waiting', 'connecting', 'subscribed'][progress]);
      }),
      { numRuns: 1000 },
    );
  });

  it('never leaves stopped, and can be stopped from anywhere', () => {
    fc.assert(
      fc.property(histories, histories, (before, then) => {
        expect(stateAfter([...before, 'stop', ...then])).toBe('stopped');
      }),
    );
  });

  it('can always listen again after its connection has gone', () => {
    fc.assert(
      fc.property(histories, (before) => {
        fc.pre(stateAfter(before) !== 'stopped');
        expect(stateAfter([...before, 'gone', 'dial', 'opened', 'message'])).toBe('listening');
      }),
    );
  });

  it('is suspect until data comes, and rotating until its replacement has come or failed', () => {
    expect(stateAfter(['quiet'], 'listening')).toBe('suspect');
    expect(stateAfter(['quiet', 'message'], 'listening')).toBe('listening');
    expect(stateAfter(['rotate', 'message', 'quiet'], 'listening')).toBe('rotating');
    expect(stateAfter(['rotate', 'kept'], 'suspect')).toBe('listening');
    expect(stateAfter(['rotate', 'replaced'], 'listening')).toBe('stopped');
  });
});
