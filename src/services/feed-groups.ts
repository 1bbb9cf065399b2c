/** All groups of a feed as one: those of the plan run, and follow it when it changes. Read it while they run. */
import type { Clock } from '../base/clock.ts';
import type { ConnectionState } from '../network/websocket/connection-machine.ts';
import type { Emit, FeedEvent } from '../network/websocket/feed-event.ts';
import { FeedQueue } from '../network/websocket/feed-queue.ts';
import type { ConnectionPlan } from '../network/websocket/feed-spec.ts';
import type { RedundantFeed } from '../network/websocket/redundant-feed.ts';

interface Group {
  url: string;
  readonly feed: RedundantFeed;
  readonly stop: AbortController;
  /** Settles with what ended it. */
  readonly ended: Promise<void>;
}

type Create = (plan: ConnectionPlan, emit: Emit<FeedEvent>) => RedundantFeed;

export class FeedGroups {
  readonly #create: Create;
  readonly #queue: FeedQueue;
  readonly #groups = new Map<string, Group>();
  /** Groups that were taken away and are still closing. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #failed = new AbortController();
  #isPaused = false;

  constructor(create: Create, clock: Clock) {
    this.#create = create;
    this.#queue = new FeedQueue({ clock, pause: () => this.#pause(), resume: () => this.#resume() });
  }

  /** For one reader; ends after `end`. */
  [Symbol.asyncIterator](): ReturnType<FeedQueue[typeof Symbol.asyncIterator]> {
    return this.#queue[Symbol.asyncIterator]();
  }

  /** Aborted with the reason when a group ended for good. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  follow(plans: readonly ConnectionPlan[], signal: AbortSignal): void {
    const wanted = new Map(plans.map((plan) => [plan.group, plan]));
    for (const [name, group] of [...this.#groups]) {
      const plan = wanted.get(name);
      if (plan === undefined) {
        this.#remove(name, group);
        continue;
      }
      group.feed.setTopics(plan.topics);
      if (plan.url !== group.url) group.feed.setUrl(plan.url);
      group.url = plan.url;
    }
    for (const [name, plan] of wanted) if (!this.#groups.has(name)) this.#add(name, plan, signal);
  }

  /** The states of each group's connections. */
  get states(): readonly (readonly ConnectionState[])[] {
    return [...this.#groups.values()].map(({ feed }) => feed.states);
  }

  isUnproven(group: string): boolean {
    return this.#groups.get(group)?.feed.isUnproven ?? false;
  }

  /** Ends all. Resolves when every socket is closed; the reader gets what is left. */
  async end(): Promise<void> {
    for (const [name, group] of [...this.#groups]) this.#remove(name, group);
    await Promise.all(this.#leaving);
    this.#queue.end();
  }

  #pause(): void {
    this.#isPaused = true;
    for (const { feed } of this.#groups.values()) feed.pause();
  }

  #resume(): void {
    this.#isPaused = false;
    for (const { feed } of this.#groups.values()) feed.resume();
  }

  #add(name: string, plan: ConnectionPlan, signal: AbortSignal): void {
    const feed = this.#create(plan, this.#queue.push);
    const stop = new AbortController();
    const ended = feed
      .run(AbortSignal.any([signal, stop.signal]))
      .catch((error: unknown) => this.#failed.abort(error));
    this.#groups.set(name, { url: plan.url, feed, stop, ended });
    if (this.#isPaused) feed.pause();
  }

  #remove(name: string, { stop, ended }: Group): void {
    this.#groups.delete(name);
    stop.abort();
    const left = ended.finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }
}
