/** All exchanges that are simulated, each on a port of its own, and the settings that point to them. */
import { createBybitProtocol } from './bybit/bybit-protocol.ts';
import { createOkxProtocol } from './okx/okx-protocol.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';
import { startSimulator } from './start-simulator.ts';
import type { VenueOrder } from './venues/venue-protocol.ts';
import {
  startVenueSimulator,
  type VenueSimulator,
  type VenueSimulatorOptions,
} from './venues/venue-simulator.ts';

/** An order that was sent to someone. */
export interface SentOrder {
  readonly venue: string;
  /** Market, symbol, side, time and numbers of the order, as its row must have them. */
  readonly key: string;
  /** When each connection that certainly has it said so, in milliseconds since the epoch. */
  readonly confirmedAtMs: readonly number[];
}

export interface Exchanges {
  readonly simulator: Simulator;
  /** The others, by their venue's name. */
  readonly venues: Readonly<Record<string, VenueSimulator>>;
  /** Addresses, by the name of their setting. */
  readonly addresses: Readonly<Record<string, string>>;
  sent(): readonly SentOrder[];
  /** Asks everyone to confirm what was sent. */
  confirm(): Promise<void>;
  /** Cuts every line of every exchange at once. */
  cut(): void;
  close(): Promise<void>;
}

const MAIN_VENUE = 'binance';

const OTHERS = [
  { name: 'bybit', protocol: createBybitProtocol },
  { name: 'okx', protocol: createOkxProtocol },
];

/** @param others for the venues beside the main one, which take the next ports. @throws LakeError USAGE. */
export async function startExchanges(
  options: SimulatorOptions,
  others: Omit<VenueSimulatorOptions, 'protocol' | 'port' | 'seed'> = {},
): Promise<Exchanges> {
  const { port = 0, seed = 1 } = options;
  const simulator = await startSimulator(options);
  const started = await Promise.all(
    OTHERS.map(async ({ name, protocol }, index) => {
      const own = { protocol: protocol(), port: port === 0 ? 0 : port + 1 + index, seed: seed + index };
      return [name, await startVenueSimulator({ ...others, ...own })] as const;
    }),
  );
  return {
    simulator,
    venues: Object.fromEntries(started),
    addresses: {
      BINANCE_FUTURES_WS_URL: simulator.wsUrl,
      BINANCE_SPOT_WS_URL: simulator.spotWsUrl,
      BINANCE_COINM_WS_URL: simulator.coinmWsUrl,
      BINANCE_FUTURES_REST_URL: simulator.restUrl,
      BINANCE_COINM_REST_URL: simulator.restUrl,
      BINANCE_SPOT_REST_URL: simulator.restUrl,
      BINANCE_ARCHIVE_URL: simulator.restUrl,
      YAHOO_REST_URL: simulator.restUrl,
      ...Object.fromEntries(
        started.flatMap(([name, venue]) => [
          [`${name.toUpperCase()}_WS_URL`, venue.wsUrl],
          [`${name.toUpperCase()}_REST_URL`, venue.restUrl],
        ]),
      ),
    },
    sent: () => [
      ...simulator
        .truth()
        .liquidations.map(({ key, confirmedAtMs }) => ({ venue: MAIN_VENUE, key, confirmedAtMs })),
      ...started.flatMap(([venue, { deliveries }]) =>
        deliveries().map(({ order, confirmedAtMs }) => ({
          venue,
          key: orderKey(order),
          confirmedAtMs,
        })),
      ),
    ],
    confirm: async () => {
      await Promise.all([simulator.confirm(), ...started.map(([, venue]) => venue.confirm())]);
    },
    cut: () => {
      simulator.setFault({ fault: 'reset', abruptly: true });
      for (const [, venue] of started) venue.cut();
    },
    close: async () => {
      await Promise.all([simulator.close(), ...started.map(([, venue]) => venue.close())]);
    },
  };
}

/** Fills are left out here; see `naturalKey` for where they are. */
function orderKey({ market, symbol, side, tradeTimeMs, quantity, price }: VenueOrder): string {
  return [market, symbol, side, tradeTimeMs, quantity, price, '', ''].join('|');
}
