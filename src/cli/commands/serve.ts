/** `crypto-lake serve`: the HTTP API over the lake. It only reads, and never collects. */
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { startServing } from '../../api/start-serving.ts';
import { LakeError } from '../../base/errors.ts';
import type { Command } from '../context.ts';
import { createCommandLogger } from './collect.ts';

export const serve: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  const host = String(flags.host);
  const port = Number(flags.port);
  if (!/^\d{1,5}$/.test(String(flags.port)) || port > 65_535)
    throw new LakeError('USAGE', '`--port` must be from 0 to 65535', { hint: 'the default is 8000' });
  const log = await createCommandLogger(context, io.stderr);
  const server = await startServing({ config, clock, log, host, port });
  try {
    io.say(
      `serving ${config.lake} on http://${isIPv6(host) ? `[${host}]` : host}:${server.port}; Ctrl-C ends it`,
    );
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
};
