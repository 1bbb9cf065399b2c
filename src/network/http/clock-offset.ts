/** How far a venue's clock is from ours, by the midpoint method: the best of a few samples. */
import type { RestGet } from '../../base/facts.ts';
import { getOr404 } from './get-or-404.ts';

export interface TimeQuestion {
  readonly url: string;
  readonly weight: number;
  /** @returns milliseconds since the epoch, or undefined when the answer does not tell. */
  parse(body: string): number | undefined;
}

const SAMPLES = 3;

/**
 * @returns microseconds to add to our clock to get the venue's; undefined when it does not say.
 * @throws LakeError EXCHANGE_… when the venue cannot be asked.
 */
export async function measureClockOffset(
  rest: RestGet,
  { url, weight, parse }: TimeQuestion,
  signal: AbortSignal,
): Promise<number | undefined> {
  let best: { readonly roundTripUs: number; readonly offsetUs: number } | undefined;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const answer = await getOr404(rest, url, weight, signal);
    if (answer === undefined) return undefined;
    const serverTimeMs = parse(answer.body);
    if (serverTimeMs === undefined) return undefined;
    const roundTripUs = answer.receivedAtUs - answer.startedAtUs;
    // Our clock was set back in between.
    if (roundTripUs < 0) continue;
    const offsetUs = Math.round(serverTimeMs * 1000 - (answer.startedAtUs + answer.receivedAtUs) / 2);
    if (best === undefined || roundTripUs < best.roundTripUs) best = { roundTripUs, offsetUs };
  }
  return best?.offsetUs;
}
