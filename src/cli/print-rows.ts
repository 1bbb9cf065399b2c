/** Prints rows that the program made itself (settings, tables, checks) in any of the output formats. */
import type { Flags } from './context.ts';
import type { Io } from './io.ts';
import { chooseFormat } from './output/choose-format.ts';
import { openOutput } from './output/open-output.ts';
