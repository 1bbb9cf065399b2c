/** Begins to follow a channel without a gap: what comes while the snapshot is read follows it. */
import type { LakeReader } from '../questions/lake-reader.ts';
import type { Channel, ChannelMessage } from './channel.ts';
import type { Hub, Subscription } from './hub.ts';
import { type ChannelSnapshot, snapshotOf } from './snapshot.ts';

export interface FollowOptions {
  readonly reader: LakeReader;
  readonly hub: Hub;
  readonly channel: Channel;
  readonly subscription: Subscription;
  /** The last message that the reader has; undefined for a snapshot. */
  readonly sinceSeq: number | undefined;
  readonly send: (text: string) => void;
  readonly deliver: (message: ChannelMessage) => void;
}

/** Many readers of one channel come at the same time: they share the snapshot that is being read. */
const reading = new WeakMap<Channel, { readonly seq: number; readonly text: Promise<string> }>();

/** @returns what ends it. @throws LakeError for what the channel is not about. */
export async function followChannel(options: FollowOptions): Promise<() => void> {
  const { channel, sinceSeq, send, deliver } = options;
  const missed = sinceSeq === undefined || !channel.isBegun ? undefined : channel.since(sinceSeq);
  if (missed !== undefined) {
    for (const message of missed) deliver(message);
    return channel.listen(deliver);
  }
  const waiting: ChannelMessage[] = [];
  let isReady = false;
  const stop = channel.listen((message) => {
    if (isReady) deliver(message);
    else waiting.push(message);
  });
  try {
    const { seq, text } = sharedSnapshot(options);
    const early = channel.since(seq) ?? [];
    send(await text);
    isReady = true;
    const newest = early.at(-1)?.seq ?? seq;
    for (const message of early) deliver(message);
    for (const message of waiting) if (message.seq > newest) deliver(message);
    return stop;
  } catch (error) {
    stop();
    throw error;
  }
}

/** @returns the last message before it was read, and the message with which a reader begins. */
function sharedSnapshot({ reader, hub, channel, subscription }: FollowOptions): {
  seq: number;
  text: Promise<string>;
} {
  const shared = reading.get(channel);
  if (shared) return shared;
  const { seq } = channel;
  const text = snapshotOf(reader, subscription)
    .then((snapshot) => {
      hub.begin(channel, snapshot.versions);
      return snapshotText(channel, seq, snapshot);
    })
    .finally(() => reading.delete(channel));
  const begun = { seq, text };
  reading.set(channel, begun);
  return begun;
}

function snapshotText({ facts }: Channel, seq: number, { versions, json }: ChannelSnapshot): string {
  const head = JSON.stringify({ type: 'snapshot', ...facts, seq, data_version: versions });
  return `${head.slice(0, -1)},"data":${json}}`;
}
