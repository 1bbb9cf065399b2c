/** SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS and what the exchange answers to anything else. */

/** Streams that one connection may have. */
const MAX_STREAMS = 1024;

/** Carries the request out on `subscriptions` and returns the answer. Misspelled streams are accepted like others. */
export function answerControl(text: string, subscriptions: Set<string>): string {
  const request = parse(text);
  if (request === undefined) return failure(3, 'Invalid JSON: expected an object', undefined);
  const { method, params, id } = request;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
    return failure(2, 'Invalid request: request ID must be an unsigned integer', undefined);
  }
  if (method === 'LIST_SUBSCRIPTIONS') return JSON.stringify({ result: [...subscriptions], id });
  if (method !== 'SUBSCRIBE' && method !== 'UNSUBSCRIBE') {
    return failure(2, `Invalid request: unknown variant \`${String(method)}\``, id);
  }
  if (!Array.isArray(params) || !params.every((param) => typeof param === 'string')) {
    return failure(2, 'Invalid request: params must be an array of strings', id);
  }
  for (const stream of params) {
    if (method === 'SUBSCRIBE') subscriptions.add(stream);
    else subscriptions.delete(stream);
  }
  if (subscriptions.size > MAX_STREAMS) {
    for (const stream of params) subscriptions.delete(stream);
    return failure(2, `Invalid request: more than ${MAX_STREAMS} streams`, id);
  }
  return JSON.stringify({ result: null, id });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function failure(code: number, message: string, id: number | undefined): string {
  const error = { code, msg: message };
  return JSON.stringify(id === undefined ? error : { error, id });
}
