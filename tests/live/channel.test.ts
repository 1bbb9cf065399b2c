import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Channel, type ChannelMessage } from '../../src/live/channel.ts';
import { encodeFrame, FrameDecoder } from '../../src/live/frame-codec.ts';
import { LiveReader, TOO_SLOW } from '../../src/live/live-reader.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function heard(channel: Channel): ChannelMessage[] {
  const messages: ChannelMessage[] = [];
  channel.listen((message) => messages.push(message));
  return messages;
}

describe('a channel', () => {
  it('counts its messages one by one, and makes each into one text', () => {
    const channel = new Channel('c', { channel: 'bars' }, 100);
    const [a, b] = [heard(channel), heard(channel)];
    channel.publish({ x: 1 });
    channel.publish({ x: 2 });
    expect(a.map(({ seq }) => seq)).toEqual([101, 102]);
    expect(a[0]?.text).toBe('{"type":"update","channel":"bars","seq":101,"data":{"x":1}}');
    expect(a[0]).toBe(b[0]);
  });

  it('gives the newest of what changes quickly, once a second, and counts what it left out', () => {
    const channel = new Channel('c', {}, 0);
    const messages = heard(channel);
    for (let i = 0; i < 50; i++) channel.publishLatest('forming', i);
    expect(messages).toHaveLength(0);
    vi.advanceTimersByTime(1000);
    expect(messages.map(({ text }) => JSON.parse(text).data)).toEqual([49]);
    expect(channel.conflated).toBe(49);
  });

  it('forgets a value that is no longer true', () => {
    const channel = new Channel('c', {}, 0);
    const messages = heard(channel);
    channel.publishLatest('forming', 1);
    channel.forget('forming');
    vi.advanceTimersByTime(1000);
    expect(messages).toHaveLength(0);
  });

  it('gives exactly what was missed to who comes back, or nothing when it is no longer kept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: -5, max: 1600 }), (count, since) => {
        const channel = new Channel('c', {}, 0);
        for (let i = 1; i <= count; i++) channel.publish(i);
        const missed = channel.since(since);
        const kept = Math.min(count, 1000);
        if (since > count || since < count - kept) expect(missed).toBeUndefined();
        else
          expect(missed?.map(({ seq }) => seq)).toEqual(
            Array.from({ length: count - since }, (_, i) => since + 1 + i),
          );
      }),
      { numRuns: 50 },
    );
  });
});

describe('a reader', () => {
  const message = (seq: number, latestKey?: string): ChannelMessage => ({
    seq,
    text: `${seq}`.padEnd(100),
    latestKey,
  });

  function slowReader() {
    const state = { buffered: 0, nowMs: 0, sent: [] as string[], closed: '' };
    const reader = new LiveReader(
      {
        bufferedBytes: () => state.buffered,
        send: (text) => void state.sent.push(text.trim()),
        close: (reason) => {
          state.closed = reason;
        },
      },
      { degradeBytes: 1000, closeBytes: 4000, closeAfterMs: 30_000 },
      () => state.nowMs,
    );
    return { reader, state };
  }

  it('that is slow keeps every closed bar, and of the rest the newest', () => {
    const { reader, state } = slowReader();
    state.buffered = 2000;
    for (let seq = 1; seq <= 5; seq++) reader.deliver('c', message(seq, 'forming'));
    reader.deliver('c', message(6));
    expect(state.sent[0]).toContain('SLOW_READER');
    expect(state.sent.slice(1)).toEqual(['6']);
    state.buffered = 0;
    reader.check();
    expect(state.sent.slice(2)).toEqual(['5']);
    expect([reader.dropped, reader.isSlow, state.closed]).toEqual([4, false, '']);
  });

  it('that stays slow, or takes nothing at all, is closed', () => {
    const late = slowReader();
    late.state.buffered = 2000;
    late.reader.deliver('c', message(1));
    late.state.nowMs = 31_000;
    late.reader.check();
    expect(late.state.closed).toBe(TOO_SLOW);
    const full = slowReader();
    full.state.buffered = 4001;
    full.reader.deliver('c', message(1));
    expect(full.state.closed).toBe(TOO_SLOW);
  });
});

describe('frames between processes', () => {
  it('come out as they went in, however they are cut', () => {
    const text = fc.record({
      source: fc.string(),
      connection: fc.string({ unit: 'binary' }),
      receivedAtUs: fc.nat(),
      payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 1, max: 50 }), (frames, size) => {
        const bytes = Buffer.concat(frames.map(encodeFrame));
        const decoder = new FrameDecoder();
        const decoded = [];
        for (let start = 0; start < bytes.length; start += size)
          decoded.push(
            ...[...decoder.push(bytes.subarray(start, start + size))].map((frame) => ({
              ...frame,
              payload: Buffer.from(frame.payload),
            })),
          );
        expect(decoded).toEqual(frames);
      }),
      { numRuns: 50 },
    );
  });

  it('of nonsense end the connection', () => {
    expect(() => [...new FrameDecoder().push(Buffer.alloc(8, 255))]).toThrow(RangeError);
  });
});
