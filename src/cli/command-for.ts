/** A command to type, as hints show it: it names the lake where the same words would otherwise mean another one. */
import { shellQuote } from '../base/shell-quote.ts';
import type { CommandContext } from './context.ts';

export function commandFor({ config, origins }: CommandContext): (words: string) => string {
  const lake = origins.lake === 'flag' ? ` --lake ${shellQuote(config.lake)}` : '';
  return (words) => `crypto-lake ${words}${lake}`;
}
