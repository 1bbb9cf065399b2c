/** What every command gets: settings, where to print, and the signal that a person wants it to end. */
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Io } from './io.ts';

export interface CommandContext {
  readonly config: Config;
  readonly origins: LoadedConfig['origins'];
  readonly io: Io;
  readonly clock: Clock;
  /** Counts of `-v`. */
  readonly verbosity: number;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** A command's own flags as commander parsed them. */
export type Flags = Readonly<Record<string, unknown>>;

export type Command = (context: CommandContext, flags: Flags, args: readonly string[]) => Promise<void>;
