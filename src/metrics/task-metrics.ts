/** What a supervisor counts of its children: those that run for long, and those that care for the lake now and then. */
import type { Registry } from './registry.ts';

interface LongRunning {
  readonly name: string;
  readonly isUp: boolean;
  readonly starts: number;
}

export interface NowAndThen {
  readonly name: string;
  readonly counts: { readonly done: number; readonly failed: number; readonly seconds: number };
}

export function childMetrics(registry: Registry, children: readonly LongRunning[]): void {
  const up = registry.gauge('service_up', 'Whether a process of `up` runs');
  const starts = registry.readCounter('service_starts_total', 'Starts of a process of `up`');
  registry.onScrape(() => {
    for (const { name, isUp, starts: count } of children) {
      up.set(isUp ? 1 : 0, { service: name });
      starts.set(count, { service: name });
    }
  });
}

export function upkeepMetrics(registry: Registry, tasks: readonly NowAndThen[]): void {
  const runs = registry.readCounter('upkeep_runs_total', 'Runs of upkeep and back-ups by outcome');
  const seconds = registry.readCounter('upkeep_seconds_total', 'Time of runs of upkeep and back-ups');
  registry.onScrape(() => {
    for (const { name, counts } of tasks) {
      runs.set(counts.done, { task: name, outcome: 'done' });
      runs.set(counts.failed, { task: name, outcome: 'failed' });
      seconds.set(counts.seconds, { task: name });
    }
  });
}
