/** What the exchange says with a status that means no. */
import { JSON_TYPE } from './rest-answer.ts';

export interface Refusal {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly retryAfterSeconds?: number;
}

const HTML_TYPE = 'text/html; charset=utf-8';
/** A page as a web application firewall sends it. */
export const HTML_PAGE =
  '<!DOCTYPE html>\n<html><head><title>ERROR: The request could not be satisfied</title></head>\n' +
  '<body><h1>403 ERROR</h1><p>The request could not be satisfied. Request blocked.</p></body></html>\n';

/** @param untilMs when a ban ends */
export function refusal(
  status: number,
  retryAfterSeconds?: number,
  untilMs?: number,
  body?: string,
): Refusal {
  const text = body ?? defaultBody(status, untilMs);
  return {
    status,
    contentType: text.startsWith('<') ? HTML_TYPE : JSON_TYPE,
    body: text,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

function defaultBody(status: number, untilMs: number | undefined): string {
  switch (status) {
    case 403:
      return HTML_PAGE;
    case 418: {
      const until = untilMs === undefined ? '' : ` until ${untilMs}`;
      return error(-1003, `Way too much request weight used; IP banned${until}. Please use the websocket.`);
    }
    case 429:
      return error(-1003, 'Too many requests; current limit of request weight per 1 MINUTE is exceeded.');
    case 451:
      return error(0, "Service unavailable from a restricted location according to 'b. Eligibility'.");
    case 503:
      return error(-1008, 'Request throttled by system-level protection. Please try again.');
    default:
      return status >= 500
        ? error(-1000, 'An unknown error occurred while processing the request.')
        : error(-1100, 'Illegal request.');
  }
}

function error(code: number, message: string): string {
  return JSON.stringify({ code, msg: message });
}
