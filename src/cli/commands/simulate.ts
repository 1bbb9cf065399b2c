/** `crypto-lake simulate`: the bundled exchange on a loopback port, until stopped. */
import { LakeError } from '../../base/errors.ts';
import { startSimulator } from '../../simulator/start-simulator.ts';
import type { Command } from '../context.ts';

export const simulate: Command = async ({ io, signal }, flags) => {
  const simulator = await startSimulator({
    port: integerFlag(flags, 'port', 0, 65_535),
    seed: integerFlag(flags, 'seed', 0, 2 ** 31),
    framesPerSecond: integerFlag(flags, 'rate', 0, 200_000),
    ...(typeof flags.play === 'string' ? { market: { replay: flags.play, times: 'now' as const } } : {}),
  });
  io.say("an exchange that speaks Binance's wire format; stop it with Ctrl-C. Point crypto-lake to it with:");
  io.print(`export BINANCE_FUTURES_WS_URL=${simulator.wsUrl}`);
  io.print(`export BINANCE_SPOT_WS_URL=${simulator.spotWsUrl}`);
  io.print(`export BINANCE_COINM_WS_URL=${simulator.coinmWsUrl}`);
  for (const name of [
    'BINANCE_FUTURES_REST_URL',
    'BINANCE_COINM_REST_URL',
    'BINANCE_SPOT_REST_URL',
    'BINANCE_ARCHIVE_URL',
    'YAHOO_REST_URL',
  ]) {
    io.print(`export ${name}=${simulator.restUrl}`);
  }
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await simulator.close();
};

function integerFlag(
  flags: Readonly<Record<string, unknown>>,
  name: string,
  least: number,
  most: number,
): number {
  const value = Number(flags[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new LakeError('USAGE', `\`--${name}\` must be a whole number from ${least} to ${most}`, {
    hint: 'see `crypto-lake simulate --help`',
  });
}
