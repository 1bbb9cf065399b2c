/** Names, flags and help of the commands that back a lake up and bring it back. */
import type { Command } from 'commander';
import type { AddCommand } from './program.ts';

interface CommandTree {
  readonly add: AddCommand;
  /** Marks a command as one that prints rows in every format. */
  readonly output: (command: Command) => Command;
}

export function addBackupCommands({ add, output }: CommandTree): void {
  output(
    add(
      'backup',
      'A whole, verified copy of the lake; what never changes is copied once',
      ['backup --to /mnt/backup --keep 7d'],
      async () => (await import('./commands/backup.ts')).backup,
    ),
  )
    .option('--to <folder>', 'the folder of all back-ups')
    .option('--keep <time>', 'remove older ones, such as `7d`; the newest stays');
  add(
    'restore',
    'A lake out of a back-up, in a new folder',
    [
      'restore --from /mnt/backup --to restored',
      'restore --from /mnt/backup --at 2026-11-20T03-00-00Z --to old',
    ],
    async () => (await import('./commands/restore.ts')).restore,
  )
    .option('--from <folder>', 'the folder of all back-ups, or one of them')
    .option('--at <backup>', 'not the newest, but this one')
    .option('--to <folder>', 'a folder that is not there yet');
}
