import { type Clock, createSystemClock } from '../../base/clock.ts';

/** The two times of the simulator: the machine's, and what the exchange believes it to be. */
export interface ExchangeTime {
  /** Milliseconds since the epoch by the machine. */
  wallMs(): number;
  /** Milliseconds since the epoch by the exchange, a whole number. */
  exchangeMs(): number;
  skewMs(): number;
}

export function createExchangeTime(
  clock: Clock = createSystemClock(),
  skewMs: () => number = () => 0,
): ExchangeTime {
  const wallMs = (): number => clock.nowUs() / 1000;
  return { wallMs, skewMs, exchangeMs: () => Math.floor(wallMs() + skewMs()) };
}
