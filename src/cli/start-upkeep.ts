/** What cares for the lake beside collectors: compaction, and back-ups where a folder for them is named. */
import type { Logger } from 'pino';
import { timeOf } from '../backup/backup-set.ts';
import { openBackups } from '../backup/open-backups.ts';
import { SUPERVISED } from '../base/supervised.ts';
import type { Registry } from '../metrics/registry.ts';
import { upkeepMetrics } from '../metrics/task-metrics.ts';
import { supervise } from '../services/supervisor.ts';
import { UpkeepService } from '../services/upkeep-service.ts';
import type { CommandContext } from './context.ts';

/** Runs until the signal. A child of `up` leaves it to its parent. @param registries that tell how it goes. */
export async function startUpkeep(
  { config }: CommandContext,
  log: Logger,
  signal: AbortSignal,
  registries: readonly Registry[],
): Promise<void> {
  const { lake, backupTo } = config;
  const services: UpkeepService[] = [];
  if (config.upkeep) services.push(new UpkeepService({ lake, intervalMs: config.upkeepInterval, log }));
  if (backupTo !== undefined && process.env[SUPERVISED] === undefined) {
    services.push(
      new UpkeepService({
        lake,
        command: ['backup', '--to', backupTo, '--keep', `${config.backupKeep}ms`],
        intervalMs: config.backupInterval,
        lastDoneMs: async () => {
          const newest = (await (await openBackups(backupTo)).list()).at(-1);
          return newest === undefined ? undefined : timeOf(newest);
        },
        log,
      }),
    );
  }
  for (const registry of registries) upkeepMetrics(registry, services);
  await supervise({ services, signal, log });
}
