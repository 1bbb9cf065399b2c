/** What a program that asks exchanges counts of its requests. */
import type { RestClient } from '../network/http/rest-client.ts';
import type { Registry } from './registry.ts';

export function restMetrics(
  registry: Registry,
  clients: readonly Pick<RestClient, 'counts' | 'usedWeight'>[],
): void {
  const requests = registry.readCounter(
    'rest_requests_total',
    'Requests to exchanges by host and status; `none` is no answer',
  );
  const seconds = registry.readCounter('rest_request_seconds_total', 'Time of requests to exchanges');
  const used = registry.gauge('rest_weight_used', 'Request weight of this minute that is used up');
  const limit = registry.gauge('rest_weight_limit', 'Request weight of a minute that is allowed');
  registry.onScrape(() => {
    for (const client of clients) {
      for (const [host, count] of client.counts.all) {
        for (const [status, times] of count.statuses) requests.set(times, { host, status });
        seconds.set(count.seconds, { host });
        const weight = client.usedWeight(count.url);
        used.set(weight.used, { host });
        limit.set(weight.limit, { host });
      }
    }
  });
}
