/** Which pairs of the exchange's answer are kept. */
import type { Selection } from '../sources/poll-spec.ts';
import type { CommandContext, Flags } from './context.ts';

export function selectionOf({ config, origins }: CommandContext, flags: Flags): Selection {
  if (flags.all === true) return { quotes: [], symbols: [] };
  // A flag beats the other setting, too, where that comes from the environment.
  if (origins.quotes === 'flag') return { quotes: config.quotes, symbols: [] };
  return { quotes: config.quotes, symbols: config.symbols };
}
