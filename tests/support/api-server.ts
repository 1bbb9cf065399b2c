/** The API over a lake, on a port of its own. */
import pino from 'pino';
import { type ServeOptions, type Serving, startServing } from '../../src/api/start-serving.ts';
import { createSystemClock } from '../../src/base/clock.ts';
import { loadConfig } from '../../src/config/load-config.ts';

/** What a list answers, as far as a test looks into it; other answers are `data` of their own. */
export interface Answer {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
  readonly data_version: Readonly<Record<string, number>>;
  readonly as_of: string | null;
  readonly complete_until: string | null;
  readonly holes: readonly Readonly<Record<string, unknown>>[];
  readonly truncated: boolean;
  readonly [name: string]: unknown;
}

export interface ApiServer extends Serving {
  readonly url: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  json(path: string, headers?: Record<string, string>): Promise<Answer>;
}

export async function apiServer(
  lake: string,
  env: Readonly<Record<string, string>> = {},
  options: Partial<ServeOptions> = {},
): Promise<ApiServer> {
  const { config } = loadConfig({ flags: { lake }, env, dotenvPath: '' });
  const serving = await startServing({
    config,
    clock: createSystemClock(),
    log: pino({ level: 'silent' }),
    host: '127.0.0.1',
    port: 0,
    ...options,
  });
  const url = `http://127.0.0.1:${serving.port}`;
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${url}${path}`, { headers });
  return {
    ...serving,
    url,
    get,
    json: async (path, headers) => (await (await get(path, headers)).json()) as Answer,
  };
}
