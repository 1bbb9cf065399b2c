import type { WeightPool } from './weight-ledger.ts';

/** What an endpoint says before faults and limits have their turn. */
export interface RestAnswer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly contentType: string;
  readonly weight: number;
  readonly pool: WeightPool;
}

export const JSON_TYPE = 'application/json;charset=UTF-8';

export function jsonAnswer(pool: WeightPool, weight: number, value: unknown, status = 200): RestAnswer {
  return { status, weight, pool, contentType: JSON_TYPE, body: JSON.stringify(value) };
}

/** The exchange's error body. */
export function errorAnswer(pool: WeightPool, code: number, message: string, status = 400): RestAnswer {
  return jsonAnswer(pool, 1, { code, msg: message }, status);
}
