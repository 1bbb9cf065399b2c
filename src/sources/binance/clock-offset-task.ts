/** Compares our clock with the exchange's now and then, and warns when it is off. */
import type { Logger } from 'pino';
import { backgroundTask } from '../../base/background-task.ts';
import type { RestClient } from '../../network/http/rest-client.ts';
import type { Source } from '../../services/source.ts';
import type { SourceCollector } from '../../services/source-collector.ts';
import { measureClockOffset } from './clock-offset.ts';

export interface ClockWatch {
  readonly source: Source;
  readonly rest: RestClient;
  readonly futuresRestUrl: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly collector: Pick<SourceCollector, 'event'>;
  /** Microseconds to add to our clock to get the exchange's. */
  readonly onOffset: (offsetUs: number) => void;
}

const INTERVAL_MS = 10 * 60_000;
const WARN_OFFSET_US = 1_000_000;

/** Each offset goes into the spool, too. Asks the host of the futures, also for prices: what their own host refuses is another matter. */
export function watchClockOffset(watch: ClockWatch): Promise<void> {
  const { source, rest, futuresRestUrl, log, signal, collector, onOffset } = watch;
  const timeUrl = `${futuresRestUrl}/fapi/v1/time`;
  return backgroundTask({ what: 'the clock offset', intervalMs: INTERVAL_MS, log, signal }, async () => {
    const offsetUs = await measureClockOffset(rest, timeUrl, signal);
    if (offsetUs === undefined) return;
    onOffset(offsetUs);
    collector.event('', { type: 'clock_offset', offsetUs });
    if (Math.abs(offsetUs) > WARN_OFFSET_US) {
      log.warn(
        { source, offsetMs: Math.round(offsetUs / 1000) },
        'the clock of this machine is off by more than a second: check NTP',
      );
    }
  });
}
