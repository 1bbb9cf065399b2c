/** The log of a command, as its settings and flags have it. */
import type { CommandContext } from './context.ts';
import { createLogger } from './logger.ts';

export function createCommandLogger(
  { config, io, verbosity }: CommandContext,
  terminal: { write(text: string): unknown },
) {
  return createLogger({
    config,
    level: io.quiet ? 'error' : verbosity > 1 ? 'trace' : verbosity === 1 ? 'debug' : undefined,
    color: io.color,
    pretty: io.stderr.isTTY === true,
    terminal,
  });
}
