/** `crypto-lake serve`: the HTTP API over the lake. It only reads, and never collects. */
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { startServing } from '../../api/start-serving.ts';
import { SUPERVISED } from '../../base/supervised.ts';
import { listenToSupervisor } from '../../metrics/supervisor-metrics.ts';
import { chosenVenues } from '../../sources/chosen-venues.ts';
import { VENUES } from '../../sources/registry.ts';
import type { Command } from '../context.ts';
import { createCommandLogger } from '../create-command-logger.ts';
import { notifySystemd } from '../sd-notify.ts';
import { endAtOnce } from '../signals.ts';

/** A question that DuckDB asks of a store which does not answer cannot be ended: nothing is lost with it but its answer. */
const END_MS = 10_000;

export const serve: Command = async (context) => {
  const { config, origins, io, clock, signal } = context;
  const { host, port } = config;
  const log = await createCommandLogger(context, io.stderr);
  // What was declared by name should run; the default is no word of anybody's.
  const expected = origins.up === 'default' ? [] : sourcesOf(config.up, config.venues);
  const supervisorMetrics = process.env[SUPERVISED] === undefined ? undefined : listenToSupervisor(process);
  const server = await startServing({ config, clock, log, host, port, expected, supervisorMetrics });
  try {
    io.say(
      `serving ${config.lake} on http://${isIPv6(host) ? `[${host}]` : host}:${server.port}; Ctrl-C ends it`,
    );
    const announceStop = notifySystemd({
      env: process.env,
      isReady: () => true,
      isAlive: () => true,
      status: () => `serving port ${server.port}`,
      log,
    });
    if (!signal.aborted) await once(signal, 'abort');
    announceStop();
    setTimeout(() => endAtOnce('SIGTERM'), END_MS).unref();
  } finally {
    await server.close();
  }
};

/** The sources that the named commands collect: streams of the chosen venues, and what is polled whatever is watched. */
function sourcesOf(commands: readonly string[], venues: readonly string[]): readonly string[] {
  const chosen = chosenVenues(venues);
  return VENUES.flatMap((venue) =>
    venue.sources
      .filter(
        ({ command, feed, poll }) =>
          commands.includes(command) && (feed === undefined ? poll !== undefined : chosen.includes(venue)),
      )
      .map(({ id }) => id),
  );
}
