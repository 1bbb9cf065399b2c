/** How far the exchange's clock is from ours, by the midpoint method: the best of a few samples. */
import type { RestClient } from './rest-client.ts';

const SAMPLES = 3;

/** @returns microseconds to add to our clock to get the exchange's; undefined when it cannot be told. */
export async function measureClockOffset(
  rest: RestClient,
  baseUrl: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  let best: { readonly roundTripUs: number; readonly offsetUs: number } | undefined;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const { body, startedAtUs, receivedAtUs } = await rest.get(`${baseUrl}/fapi/v1/time`, 1, signal);
    const { serverTime } = JSON.parse(body) as { serverTime?: unknown };
    if (typeof serverTime !== 'number' || !Number.isFinite(serverTime)) return undefined;
    const roundTripUs = receivedAtUs - startedAtUs;
    const offsetUs = Math.round(serverTime * 1000 - (startedAtUs + receivedAtUs) / 2);
    if (best === undefined || roundTripUs < best.roundTripUs) best = { roundTripUs, offsetUs };
  }
  return best?.offsetUs;
}
