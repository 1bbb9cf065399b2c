/** `crypto-lake simulate`: the bundled exchange on a loopback port, until stopped. */
import { LakeError } from '../../base/errors.ts';
import { startExchanges } from '../../simulator/start-exchanges.ts';
import type { Command } from '../context.ts';

export const simulate: Command = async ({ io, signal }, flags) => {
  const { addresses, close } = await startExchanges({
    port: integerFlag(flags, 'port', 0, 65_533),
    seed: integerFlag(flags, 'seed', 0, 2 ** 31),
    framesPerSecond: integerFlag(flags, 'rate', 0, 200_000),
    ...(typeof flags.play === 'string' ? { market: { replay: flags.play, times: 'now' as const } } : {}),
  });
  io.say(
    'exchanges that speak the wire formats of Binance, Bybit and OKX; stop them with Ctrl-C. Point crypto-lake to them with:',
  );
  for (const [name, address] of Object.entries(addresses)) io.print(`export ${name}=${address}`);
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await close();
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
