/** `--metrics HOST:PORT` of a command that runs for long. */
import type { Clock } from '../base/clock.ts';
import type { Registry } from '../metrics/registry.ts';
import type { RestClient } from '../network/http/rest-client.ts';
import type { Flags } from './context.ts';

export interface Metrics {
  readonly registry: Registry;
  close(): Promise<void>;
}

export interface MetricsOptions {
  /** The folder of all spools; undefined where the command has nothing to say of collectors. */
  readonly spool?: string | undefined;
  readonly clock: Clock;
  readonly command: string;
  /** Those that the command asks exchanges with. */
  readonly rests?: readonly RestClient[];
}

/** @returns undefined when nobody asked for it. @throws LakeError USAGE, SERVE_FAILED. */
export async function openMetrics(flags: Flags, options: MetricsOptions): Promise<Metrics | undefined> {
  if (typeof flags.metrics !== 'string') return undefined;
  const { spool, clock, command, rests = [] } = options;
  const { Registry } = await import('../metrics/registry.ts');
  const { processMetrics } = await import('../metrics/process-metrics.ts');
  const { collectorMetrics } = await import('../metrics/collector-metrics.ts');
  const { restMetrics } = await import('../metrics/rest-metrics.ts');
  const { serveMetrics } = await import('../metrics/metrics-server.ts');
  const registry = new Registry();
  processMetrics(registry, command);
  if (spool !== undefined) collectorMetrics(registry, spool, clock);
  if (rests.length > 0) restMetrics(registry, rests);
  const server = await serveMetrics(flags.metrics, registry);
  return { registry, close: () => server.close() };
}
