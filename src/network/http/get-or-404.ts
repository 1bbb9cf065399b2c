/** GET for what is good to have: an endpoint that a mirror or proxy does not have is an answer, not a failure. */
import type { RestGet } from '../../base/facts.ts';
import { HttpStatusError } from './http-status-error.ts';

/** @returns undefined when there is no such endpoint. @throws LakeError EXCHANGE_… when it could not be asked. */
export async function getOr404(
  rest: RestGet,
  url: string,
  weight: number,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<RestGet['get']>> | undefined> {
  try {
    return await rest.get(url, weight, signal);
  } catch (error) {
    if (error instanceof HttpStatusError && error.status === 404) return undefined;
    throw error;
  }
}
