/** Collects closed bars: the stream, and beside it whoever fills its holes. */
import { backgroundTask } from '../../base/background-task.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import { spoolFolder } from '../../spool/state/spool-folder.ts';
import { StreamCollector, type StreamCollectorOptions } from '../stream-collector.ts';
import { BarRepair } from './bar-repair.ts';
import type { WatchList } from './watch-list.ts';
import { watching } from './watching.ts';

export interface BarsCollectorOptions extends StreamCollectorOptions {
  readonly watchList: WatchList;
  readonly rereadAfterMs: readonly number[];
}

const DAY_MS = 86_400_000;

export function createBarsCollector(options: BarsCollectorOptions): StreamCollector {
  const { watchList, rereadAfterMs, source, ...others } = options;
  const { lake, spool, clock, log, network } = options;
  return new StreamCollector({
    ...others,
    source: watching(source, watchList, clock.nowUs()),
    beside: (collector, status) => {
      const repair = new BarRepair({
        lake,
        folder: spoolFolder(spool, source.id),
        clock,
        log,
        network,
        history: source.history as HistorySpec,
        watched: () => watchList.now,
        rereadAfterMs,
        leftover: collector.backlog,
        append: (record) => collector.append(record),
        onProgress: (progress) => {
          status.repair = progress;
        },
      });
      const refresh = { what: 'the facts of symbols', intervalMs: DAY_MS, log };
      return {
        closed: (segment, cutUs) => repair.closed(segment, cutUs),
        stored: (segment) => repair.stored(segment),
        run: async (signal) => {
          const refreshing = backgroundTask({ ...refresh, signal }, () => watchList.refreshFacts());
          await Promise.all([repair.run(signal), refreshing]);
        },
      };
    },
  });
}
