/**
 * The entry of the program: parse, run one command, turn what is thrown into `error:` / `hint:` and an exit code.
 * The only place that sets the exit code; nothing calls `process.exit` after writing, or a pipe would be cut short.
 */
import type { Command } from 'commander';
import { buildProgram, type GlobalFlags } from './program.ts';

export async function main(argv: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that went away (`… | head`) is not an error of ours.
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      // At once, before the command has words of its own for it.
      process.stderr.write(
        `error: what is printed cannot be written: ${error.message} [DISK_FULL]\nhint: make room, or print to another place\n`,
      );
      process.exit(1);
    });
  }
  // Before anything is parsed: what a shell asks about is no command line yet.
  if (argv[2] === '__complete') {
    const { runComplete } = await import('./completion/run-complete.ts');
    return runComplete(argv.slice(3), (text) => process.stdout.write(text));
  }
  let globals: GlobalFlags = {};
  const program = buildProgram(async (load, flags, command, args) => {
    globals = command;
    const { runCommand } = await import('./run-command.ts');
    process.exitCode = await runCommand(await load(), flags, globals, args);
  });
  try {
    await program.parseAsync(wordsOf(argv, program));
  } catch (error) {
    const { reportError } = await import('./report-error.ts');
    const named = argv
      .slice(2)
      .map((word) => program.commands.find((command) => command.name() === word))
      .find((command) => command !== undefined);
    process.exitCode = reportError(
      error,
      (globals.verbose ?? 0) > 0,
      (text) => process.stderr.write(text),
      `crypto-lake ${named ? `${named.name()} ` : ''}--help`,
    );
  }
}

/** Help for a command that is not there is a command that is not there, with its guess: commander would show all help. */
function wordsOf(argv: readonly string[], program: Command): readonly string[] {
  const [node = '', file = '', first, second] = argv;
  const isKnown = program.commands.some((command) => command.name() === second);
  return first === 'help' && second !== undefined && !isKnown ? [node, file, second] : argv;
}
