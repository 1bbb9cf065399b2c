/** How far the exchange's clock is from ours, by the midpoint method: the best of a few samples. */
import { jsonFields } from '../../base/json-fields.ts';
import { optionalAnswer } from '../../network/http/get-or-404.ts';
import type { RestClient } from '../../network/http/rest-client.ts';

const SAMPLES = 3;

/**
 * @param timeUrl where the exchange tells its time, as `/fapi/v1/time` does.
 * @returns microseconds to add to our clock to get the exchange's; undefined when it cannot be told.
 * @throws LakeError EXCHANGE_… when the exchange cannot be asked.
 */
export async function measureClockOffset(
  rest: RestClient,
  timeUrl: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  let best: { readonly roundTripUs: number; readonly offsetUs: number } | undefined;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const answer = await optionalAnswer(rest, timeUrl, 1, signal);
    if (answer === undefined) return undefined;
    const { serverTime } = jsonFields(answer.body);
    if (typeof serverTime !== 'number') return undefined;
    const roundTripUs = answer.receivedAtUs - answer.startedAtUs;
    // Our clock was set back in between.
    if (roundTripUs < 0) continue;
    const offsetUs = Math.round(serverTime * 1000 - (answer.startedAtUs + answer.receivedAtUs) / 2);
    if (best === undefined || roundTripUs < best.roundTripUs) best = { roundTripUs, offsetUs };
  }
  return best?.offsetUs;
}
