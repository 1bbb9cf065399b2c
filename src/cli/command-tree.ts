/** What a group of commands is added to. */
import type { Command } from 'commander';
import type { Command as RunnableCommand } from './context.ts';

/** Adds one command whose code lies in `commands/`. */
export type AddCommand = (
  name: string,
  summary: string,
  examples: readonly string[],
  load: () => Promise<RunnableCommand>,
) => Command;

export interface CommandTree {
  readonly program: Command;
  readonly add: AddCommand;
  /** Marks a command as one that prints rows in every format. */
  readonly output: (command: Command) => Command;
}
