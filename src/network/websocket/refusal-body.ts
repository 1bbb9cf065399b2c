import type { IncomingMessage } from 'node:http';

const MAX_BODY_CHARS = 2000;
const MAX_BODY_MS = 2000;

/** The beginning of the body; an answer that never ends is left after two seconds. */
export async function refusalBody(response: IncomingMessage): Promise<string> {
  let body = '';
  const timeUp = setTimeout(() => response.destroy(), MAX_BODY_MS);
  try {
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length > MAX_BODY_CHARS) break;
    }
  } catch {
    // What arrived is enough.
  }
  clearTimeout(timeUp);
  return body.slice(0, MAX_BODY_CHARS);
}
