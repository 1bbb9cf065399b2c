/** A training each day would keep every version of its tables for ever: only the newest runs and the champion keep theirs. */
import type { ModelRegistry } from './model-registry.ts';
import { unpinRun } from './pin-run.ts';

const KEPT_RUNS = 7;

export async function releaseOldPins(lake: string, registry: ModelRegistry, name: string): Promise<void> {
  const old = (await registry.list()).filter((model) => model.name === name && !model.isChampion);
  for (const { run, model } of old.slice(KEPT_RUNS)) await unpinRun(lake, run, model?.dataVersions ?? {});
}
