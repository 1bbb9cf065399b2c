/** The flags of commands that print rows. */
import type { Format } from '../output/format.ts';
import type { OutputOptions } from '../output/output-options.ts';
import type { Flags } from './context.ts';

export function outputOptions({ json, format, output, truncate }: Flags): OutputOptions {
  return {
    format: json === true ? 'json' : (format as Format | undefined),
    path: typeof output === 'string' ? output : undefined,
    truncate: truncate !== false,
  };
}
