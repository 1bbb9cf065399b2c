/** `--metrics HOST:PORT` of a command that runs for long. */
import type { Clock } from '../base/clock.ts';
import type { MetricsServer } from '../metrics/metrics-server.ts';
import type { Flags } from './context.ts';

/** @returns undefined when nobody asked for it. @throws LakeError USAGE, SERVE_FAILED. */
export async function openMetrics(
  flags: Flags,
  spool: string,
  clock: Clock,
  command: string,
): Promise<MetricsServer | undefined> {
  if (typeof flags.metrics !== 'string') return undefined;
  const { Registry } = await import('../metrics/registry.ts');
  const { processMetrics } = await import('../metrics/process-metrics.ts');
  const { collectorMetrics } = await import('../metrics/collector-metrics.ts');
  const { serveMetrics } = await import('../metrics/metrics-server.ts');
  const registry = new Registry();
  processMetrics(registry, command);
  collectorMetrics(registry, spool, clock);
  return serveMetrics(flags.metrics, registry);
}
