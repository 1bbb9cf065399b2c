/** `crypto-lake up`: collectors, what is derived, and the server, each a process of its own under one supervisor. */
import { LakeError } from '../../base/errors.ts';
import { Registry } from '../../metrics/registry.ts';
import { SUPERVISOR_METRICS } from '../../metrics/supervisor-metrics.ts';
import { childMetrics } from '../../metrics/task-metrics.ts';
import type { ChildService } from '../../services/child-service.ts';
import { supervise } from '../../services/supervisor.ts';
import { VENUES } from '../../sources/registry.ts';
import { childCommand } from '../child-command.ts';
import type { Command, CommandContext } from '../context.ts';
import { createCommandLogger } from '../create-command-logger.ts';
import { makeLake } from '../make-lake.ts';
import { openMetrics } from '../open-metrics.ts';
import { notifySystemd } from '../sd-notify.ts';
import { StatusLine } from '../show/status-line.ts';
import { startUpkeep } from '../start-upkeep.ts';

/** Those that run until they are stopped, beside the collectors of the sources. */
const OTHERS: Readonly<Record<string, (context: CommandContext) => readonly string[]>> = {
  derive: () => ['derive', '--follow'],
  train: () => ['train', '--every', '1d'],
  // As soon as the inputs of a bar are stored: to look costs one name of a log.
  predict: () => ['predict', '--every', '2s'],
  serve: ({ config }) => ['serve', '--port', String(config.port), '--host', config.host],
};

const TELL_MS = 1000;

export const up: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  const names = declared(config.up);
  const spool = await makeLake(config);
  const line = new StatusLine(io);
  const log = await createCommandLogger(context, line);
  const services = names.map((name) => childCommand(name, OTHERS[name]?.(context) ?? [name], context, log));
  const isCollector = ({ name }: ChildService) => OTHERS[name] === undefined;
  const metrics = await openMetrics(flags, { spool, clock, command: 'up' });
  // `serve` tells of all: one scrape suffices.
  const own = new Registry();
  const registries = [own, ...(metrics ? [metrics.registry] : [])];
  for (const registry of registries) childMetrics(registry, services);
  const collectors = services.filter(isCollector);
  const others = services.filter((service) => !isCollector(service));
  const text = () => services.map(({ name, state }) => `${name} ${state}`).join(' · ');
  line.start(text);
  log.info(`up: ${names.join(', ')}`);
  const announceStop = notifySystemd({
    env: process.env,
    isReady: () => services.every(({ isUp }) => isUp),
    isAlive: () => true,
    status: text,
    log,
  });
  signal.addEventListener('abort', announceStop, { once: true });
  // What reads ends after what writes has stored what it had in hand.
  const collected = new AbortController();
  const ended = new AbortController();
  const reading = supervise({ services: others, signal: collected.signal, log });
  const upkeep = startUpkeep(context, log, AbortSignal.any([signal, ended.signal]), registries);
  const server = services.find(({ name }) => name === 'serve');
  const tell = async () => server?.tell({ [SUPERVISOR_METRICS]: await own.text() });
  const telling = setInterval(() => void tell(), TELL_MS).unref();
  const endCollected = () => collected.abort();
  if (collectors.length === 0) signal.addEventListener('abort', endCollected, { once: true });
  try {
    const failures = await supervise({ services: collectors, signal, log });
    if (collectors.length > 0 && signal.aborted) endCollected();
    failures.push(...(await reading));
    const [failure] = failures;
    if (failure !== undefined) throw failure;
  } finally {
    endCollected();
    ended.abort();
    await reading;
    await upkeep;
    clearInterval(telling);
    await metrics?.close();
    if (!signal.aborted) announceStop();
    line.stop();
  }
};

/** @throws LakeError USAGE for what is no such command. */
export function declared(names: readonly string[]): readonly string[] {
  const known = [
    ...new Set(VENUES.flatMap(({ sources }) => sources.map(({ command }) => command))),
    ...Object.keys(OTHERS),
  ];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined || names.length === 0) {
    throw new LakeError(
      'USAGE',
      unknown === undefined ? 'there is nothing to run' : `\`up\` cannot run \`${unknown}\``,
      {
        hint: `name some of ${known.join(', ')} in \`--services\` or \`CRYPTO_LAKE_UP\``,
      },
    );
  }
  return [...new Set(names)];
}
