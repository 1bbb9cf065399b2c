/**
 * Without login, whoever can make a browser of this machine ask us is trusted: so only names of this machine are
 * answered (a foreign name that points to 127.0.0.1 is refused), and no page of another origin.
 */
import type { FastifyInstance } from 'fastify';
import { LakeError } from '../base/errors.ts';
import { problemOf, sendProblem } from './problem.ts';

export const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export function guardHosts(app: FastifyInstance, names: ReadonlySet<string>): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isOwnHost(request.headers.host, names)) return;
    const error = new LakeError('AUTH_FORBIDDEN', 'this name is not one of this machine', {
      hint: 'ask for `http://127.0.0.1`, or run `serve` with users on another address',
    });
    return sendProblem(reply, problemOf(error, 421));
  });
}

/** @param host of the request, with its port. */
export function isOwnHost(host: string | undefined, names: ReadonlySet<string>): boolean {
  return host !== undefined && names.has(host.replace(/:\d{1,5}$/, '').toLowerCase());
}
