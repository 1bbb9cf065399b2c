/** All that is live in a server: the hub, and what feeds it. */
import type { Logger } from 'pino';
import { messageOf } from '../base/errors.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import { CollectorFeed } from './collector-feed.ts';
import { LiveDecoder } from './decode-live.ts';
import { Hub } from './hub.ts';
import { watchLog } from './log-watcher.ts';

export interface LiveServiceOptions {
  /** The folder of all spools of the lake; undefined when this machine has none. */
  readonly spool: string | undefined;
  readonly reader: LakeReader;
  readonly log: Logger;
}

/** A look for a table that never comes, such as that of corrections, is a request that is paid for. */
const ABSENT_EVERY_MS = 10_000;

export class LiveService {
  readonly hub = new Hub(Date.now());
  readonly feed: CollectorFeed;
  /** Called with each frame, once it is with its readers: seconds since the collector had it. */
  onLatency: (seconds: number) => void = () => undefined;
  readonly #ended = new AbortController();
  readonly #running: Promise<unknown>;

  constructor({ spool, reader, log }: LiveServiceOptions) {
    const publish = this.hub.publish.bind(this.hub);
    const decoder = new LiveDecoder(spool);
    this.feed = new CollectorFeed({
      spool,
      onFrame: (frame) => {
        for (const event of decoder.decode(frame)) publish(event);
        this.onLatency(Math.max(0, Date.now() / 1000 - frame.receivedAtUs / 1e6));
      },
    });
    const { signal } = this.#ended;
    this.#running = Promise.all([
      this.feed.run(signal),
      watchLog({ reader, log, hub: this.hub, absentEveryMs: reader.isRemote ? ABSENT_EVERY_MS : 0 }, signal),
    ]).catch((error: unknown) => log.error(`the live stream ended: ${messageOf(error)}`));
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#running;
    this.hub.close();
  }
}
