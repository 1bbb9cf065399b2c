/** Where rows go, and in which form: what a command was asked for, and what it prints to. */
import type { Format } from './format.ts';

export interface OutputOptions {
  /** Undefined: the file's ending, or what stdout is, decides. */
  readonly format: Format | undefined;
  /** Undefined, or `-`: stdout. */
  readonly path: string | undefined;
  /** Cells and columns may be cut to the width of the terminal. */
  readonly truncate: boolean;
}

export interface OutputTarget {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: Pick<NodeJS.WriteStream, 'columns'>;
  /** Whether a terminal shows more than ASCII. */
  readonly unicode: boolean;
  /** One line for a person. */
  say(line: string): void;
}

/** A file that was named; undefined for stdout. */
export function fileOf({ path }: OutputOptions): string | undefined {
  return path === '-' || path === '/dev/stdout' ? undefined : path;
}

/** Whether a person sees the rows right away. */
export function isShown(options: OutputOptions, { stdout }: OutputTarget): boolean {
  return stdout.isTTY === true && fileOf(options) === undefined;
}
