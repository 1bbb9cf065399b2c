/** `crypto-lake simulate`: the bundled exchange on a loopback port, until stopped. */
import { LakeError } from '../../base/errors.ts';
import { createBybitProtocol } from '../../simulator/bybit/bybit-protocol.ts';
import { createOkxProtocol } from '../../simulator/okx/okx-protocol.ts';
import { startSimulator } from '../../simulator/start-simulator.ts';
import { startVenueSimulator } from '../../simulator/venues/venue-simulator.ts';
import type { Command } from '../context.ts';

/** Beside the main one, on the next ports. */
const OTHER_VENUES = [
  { name: 'BYBIT', protocol: createBybitProtocol },
  { name: 'OKX', protocol: createOkxProtocol },
];

export const simulate: Command = async ({ io, signal }, flags) => {
  const port = integerFlag(flags, 'port', 0, 65_533);
  const seed = integerFlag(flags, 'seed', 0, 2 ** 31);
  const simulator = await startSimulator({
    port,
    seed,
    framesPerSecond: integerFlag(flags, 'rate', 0, 200_000),
    ...(typeof flags.play === 'string' ? { market: { replay: flags.play, times: 'now' as const } } : {}),
  });
  const others = await Promise.all(
    OTHER_VENUES.map(async ({ name, protocol }, index) => ({
      name,
      venue: await startVenueSimulator({
        protocol: protocol(),
        port: port === 0 ? 0 : port + 1 + index,
        seed: seed + index,
      }),
    })),
  );
  io.say(
    'exchanges that speak the wire formats of Binance, Bybit and OKX; stop them with Ctrl-C. Point crypto-lake to them with:',
  );
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
  for (const { name, venue } of others) {
    io.print(`export ${name}_WS_URL=${venue.wsUrl}`);
    io.print(`export ${name}_REST_URL=${venue.restUrl}`);
  }
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await Promise.all([simulator.close(), ...others.map(({ venue }) => venue.close())]);
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
