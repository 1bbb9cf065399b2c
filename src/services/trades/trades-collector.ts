/** Collects aggregate trades of the watched symbols: the stream, and beside it whoever closes its gaps. */
import type { TradeHistorySpec } from '../../sources/trade-history-spec.ts';
import { spoolFolder } from '../../spool/state/spool-folder.ts';
import type { WatchList } from '../bars/watch-list.ts';
import { watching } from '../bars/watching.ts';
import { StreamCollector, type StreamCollectorOptions } from '../stream-collector.ts';
import { TradeRepair } from './trade-repair.ts';

export interface TradesCollectorOptions extends StreamCollectorOptions {
  readonly watchList: WatchList;
}

export function createTradesCollector(options: TradesCollectorOptions): StreamCollector {
  const { watchList, source, onFrame, ...others } = options;
  const { lake, spool, clock, log, network } = options;
  let repair: TradeRepair | undefined;
  return new StreamCollector({
    ...others,
    source: watching(source, watchList, clock.nowUs()),
    onFrame: (connection, frame, receivedAtUs) => {
      repair?.frame(connection, frame);
      onFrame?.(connection, frame, receivedAtUs);
    },
    beside: (collector) => {
      const own = new TradeRepair({
        lake,
        folder: spoolFolder(spool, source.id),
        clock,
        log,
        network,
        history: source.tradeHistory as TradeHistorySpec,
        leftover: collector.backlog,
        append: (record) => collector.append(record),
        event: (connection, event) => collector.event(connection, event),
      });
      repair = own;
      return {
        closed: (segment) => own.closed(segment),
        stored: (segment) => own.stored(segment),
        run: (signal) => own.run(signal),
      };
    },
  });
}
