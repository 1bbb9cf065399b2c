/** All groups of a feed at once: those of the plan run, and follow it when it changes. */
import type { ConnectionState } from '../network/websocket/connection-machine.ts';
import type { ConnectionPlan } from '../network/websocket/feed-spec.ts';
import type { RedundantFeed } from '../network/websocket/redundant-feed.ts';

interface Group {
  readonly url: string;
  readonly feed: RedundantFeed;
  readonly stop: AbortController;
  /** Settles with what ended it. */
  readonly ended: Promise<void>;
}

export class FeedGroups {
  readonly #create: (plan: ConnectionPlan) => RedundantFeed;
  readonly #groups = new Map<string, Group>();
  /** Groups that were taken away and are still closing. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #failed = new AbortController();
  #isPaused = false;

  constructor(create: (plan: ConnectionPlan) => RedundantFeed) {
    this.#create = create;
  }

  /** Aborted with the reason when a group ended for good. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  follow(plans: readonly ConnectionPlan[], signal: AbortSignal): void {
    const wanted = new Map(plans.map((plan) => [plan.group, plan]));
    for (const [name, group] of [...this.#groups]) {
      const plan = wanted.get(name);
      if (plan?.url === group.url) group.feed.setTopics(plan.topics);
      else this.#remove(name, group);
    }
    for (const [name, plan] of wanted) if (!this.#groups.has(name)) this.#add(name, plan, signal);
  }

  pause(): void {
    this.#isPaused = true;
    for (const { feed } of this.#groups.values()) feed.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const { feed } of this.#groups.values()) feed.resume();
  }

  /** The states of each group's connections. */
  get states(): readonly (readonly ConnectionState[])[] {
    return [...this.#groups.values()].map(({ feed }) => feed.states);
  }

  isUnproven(group: string): boolean {
    return this.#groups.get(group)?.feed.isUnproven ?? false;
  }

  /** Ends all. Resolves when every socket is closed. */
  async end(): Promise<void> {
    for (const [name, group] of [...this.#groups]) this.#remove(name, group);
    await Promise.all(this.#leaving);
  }

  #add(name: string, plan: ConnectionPlan, signal: AbortSignal): void {
    const feed = this.#create(plan);
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
