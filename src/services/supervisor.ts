/**
 * Runs services side by side: one that fails is started again with back-off and does not touch the others; one
 * that fails for good ends alone.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BackOff } from '../base/back-off.ts';
import { LakeError, messageOf } from '../base/errors.ts';
import type { Service } from './service.ts';

export interface SuperviseOptions {
  readonly services: readonly Service[];
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Failures that a new start cannot fix, and that no stop brings about. */
const FATAL_CODES: ReadonlySet<string> = new Set([
  'CONFIG_INVALID',
  'LAKE_LOCKED',
  'LAKE_UNWRITABLE',
  'EXCHANGE_BLOCKED',
  'TABLE_UNSUPPORTED',
  'TABLE_SCHEMA',
]);
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** A service that ran this long had a good start: its back-off begins anew. */
const GOOD_RUN_MS = 60_000;

export function isFatal(error: unknown): error is LakeError {
  return error instanceof LakeError && FATAL_CODES.has(error.code);
}

/** @returns what ended each service that did not end well, in the order of the services. */
export async function supervise({ services, signal, log }: SuperviseOptions): Promise<Error[]> {
  const endings = await Promise.all(services.map((service) => keepRunning(service, signal, log)));
  return endings.filter((ending) => ending !== undefined);
}

async function keepRunning(service: Service, signal: AbortSignal, log: Logger): Promise<Error | undefined> {
  const backOff = new BackOff(FIRST_DELAY_MS, MAX_DELAY_MS);
  for (;;) {
    const startedMs = performance.now();
    try {
      await service.run(signal);
      return undefined;
    } catch (error) {
      if (isFatal(error)) {
        log.error(
          { service: service.name, code: error.code, hint: error.hint },
          `${service.name} ended: ${error.message}`,
        );
        return error;
      }
      if (signal.aborted) {
        log.warn({ service: service.name }, `${service.name} did not end well: ${messageOf(error)}`);
        return undefined;
      }
      if (performance.now() - startedMs > GOOD_RUN_MS) backOff.reset();
      const retryInMs = backOff.nextMs();
      log.warn({ service: service.name, retryInMs }, `${service.name} failed: ${messageOf(error)}`);
      await sleep(retryInMs, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) return undefined;
  }
}
