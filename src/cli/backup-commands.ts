/** Names, flags and help of the commands that copy a lake, back it up and bring it back. */
import type { CommandTree } from './command-tree.ts';
import { repeated } from './option-groups.ts';

export function addBackupCommands({ add, output }: Pick<CommandTree, 'add' | 'output'>): void {
  output(
    add(
      'copy',
      'Copy whole tables with their log to another place; run again to go on',
      ['copy --from tables --to s3://my-bucket/lake', 'copy --from s3://my-bucket/lake --to restored'],
      async () => (await import('./commands/copy.ts')).copy,
    ),
  )
    .option('--from <folder>', 'the lake that is copied; by default that of `--lake`')
    .option('--to <folder>', 'the lake that gets the tables: a folder, or `s3://BUCKET/PREFIX`')
    .option('--table <table>', 'only this table; repeatable', repeated);
  output(
    add(
      'backup',
      'A whole, verified copy of the lake; what never changes is copied once',
      ['backup --to /mnt/backup --keep 7d', 'backup --to s3://my-bucket/backups --keep 30d'],
      async () => (await import('./commands/backup.ts')).backup,
    ),
  )
    .option('--to <folder>', 'the folder of all back-ups, or `s3://BUCKET/PREFIX`')
    .option('--keep <time>', 'remove older ones, such as `7d`; the newest stays');
  add(
    'restore',
    'A lake out of a back-up, in a new place',
    [
      'restore --from /mnt/backup --to restored',
      'restore --from /mnt/backup --at 2026-11-20T03-00-00Z --to old',
    ],
    async () => (await import('./commands/restore.ts')).restore,
  )
    .option('--from <folder>', 'the place of all back-ups, or one of them')
    .option('--at <backup>', 'not the newest, but this one')
    .option('--to <folder>', 'a folder that is not there yet, or `s3://BUCKET/PREFIX`');
}
