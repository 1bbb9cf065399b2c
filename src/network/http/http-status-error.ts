/** The exchange refused this one request; `status` is HTTP's. */
import { LakeError } from '../../base/errors.ts';

export class HttpStatusError extends LakeError {
  readonly status: number;

  constructor(status: number, message: string, hint: string) {
    super('EXCHANGE_REFUSED', message, { hint });
    this.status = status;
  }
}
