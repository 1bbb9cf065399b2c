/** Source: Binance REST API, "IP Limits"; USDⓈ-M and COIN-M futures share one pool. */
import type { VenueLimits } from '../../network/http/venue-limits.ts';

/** Weight a minute and address. */
const SPOT_LIMIT = 6000;
const FUTURES_LIMIT = 2400;

export const BINANCE_LIMITS: VenueLimits = {
  settings: 'BINANCE_…_URL',
  pool: ({ host, pathname }) =>
    /\/[fd]api\//.test(pathname)
      ? { name: 'futures', limit: FUTURES_LIMIT }
      : { name: host, limit: SPOT_LIMIT },
  usedWeightHeader: 'x-mbx-used-weight-1m',
  apiKeyHeader: 'X-MBX-APIKEY',
  isBanForAllHosts: true,
};
