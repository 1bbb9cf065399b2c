/** Runs one command with its settings, its streams and its stop signals, and says which exit code it earned. */
import { giveUpWaiting } from '../base/at-end.ts';
import { createSystemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load-config.ts';
import { SETTINGS, type SettingName } from '../config/settings.ts';
import { isFatal } from '../services/supervisor.ts';
import type { Command, Flags } from './context.ts';
import { createIo } from './io.ts';
import type { GlobalFlags } from './program.ts';
import { listenForStopSignals, SIGNAL_EXIT_CODES } from './signals.ts';

/** What is in hand is stored within 10 s of a stop; a server that does not answer is waited for a little longer. */
const GIVE_UP_MS = 15_000;

export async function runCommand(
  command: Command,
  flags: Flags,
  globals: GlobalFlags,
  args: readonly string[],
): Promise<number> {
  const { config, origins } = loadConfig({
    flags: settingsAmong(flags),
    env: process.env,
    dotenvPath: '.env',
  });
  // Threads and children that open the lake by themselves find the same cache.
  process.env.CRYPTO_LAKE_CACHE = config.cache;
  process.env.CRYPTO_LAKE_CACHE_SIZE = `${config.cacheSize}B`;
  if (config.httpfs !== undefined) process.env.CRYPTO_LAKE_HTTPFS = config.httpfs;
  const io = createIo({
    quiet: globals.quiet === true,
    color: globals.color === false ? false : undefined,
    env: process.env,
  });
  const stop = listenForStopSignals();
  const giveUpLater = () => setTimeout(giveUpWaiting, GIVE_UP_MS).unref();
  stop.signal.addEventListener('abort', giveUpLater, { once: true });
  try {
    await command(
      {
        config,
        origins,
        io,
        clock: createSystemClock(),
        verbosity: globals.verbose ?? 0,
        signal: stop.signal,
      },
      flags,
      args,
    );
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const received = stop.received();
    // It would have ended so without the signal, or a part of it had.
    if (received === undefined || isFatal(error)) throw error;
    io.say(`stopped by ${received}`);
    return SIGNAL_EXIT_CODES[received] ?? 1;
  } finally {
    giveUpWaiting();
    stop.dispose();
  }
}

function settingsAmong(flags: Flags): Partial<Record<SettingName, string>> {
  const found: Partial<Record<SettingName, string>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const value = flags[FLAG_OF[name] ?? name];
    if (typeof value === 'string') found[name] = value;
  }
  return found;
}

/** Flags whose name is not the setting's own. */
const FLAG_OF: Readonly<Partial<Record<SettingName, string>>> = {
  quotes: 'quote',
  backupTo: 'backup',
  trainSymbols: 'symbol',
  up: 'services',
  venues: 'venue',
};
