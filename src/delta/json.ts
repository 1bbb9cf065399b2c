/**
 * JSON with exact 64-bit integers: numbers beyond 2^53 become bigint and are written bare. Texts without a long run
 * of digits, nearly all, take the native parser.
 */
import { parse as parseExact, stringify as stringifyExact } from 'json-custom-numbers';

/** @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return parseExact(text, undefined, (_key, digits) => {
    const number = Number(digits);
    return Number.isSafeInteger(number) || !/^-?\d+$/.test(digits) ? number : BigInt(digits);
  });
}

export function stringifyJson(value: unknown): string {
  return stringifyExact(value, undefined, undefined, (_key, item) =>
    typeof item === 'bigint' ? item.toString() : undefined,
  );
}
