/**
 * Where a name has several addresses, Node gives each a quarter of a second to connect: enough to pass over a family
 * that leads nowhere, too little for a slow line. After the first such failure each address gets the time that curl
 * would give it, for as long as the process runs. https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { systemCodeOf } from '../base/errors.ts';

/** A handshake whose first two packets were lost takes three seconds. */
const PATIENT_MS = 5000;

/** Takes note of a connection that failed. */
export function noteFailedConnection(error: unknown): void {
  if (error instanceof AggregateError && error.errors.some((one) => systemCodeOf(one) === 'ETIMEDOUT'))
    bePatient();
}

/** From the start, where there is one try only. */
export function bePatient(): void {
  setDefaultAutoSelectFamilyAttemptTimeout(PATIENT_MS);
}
