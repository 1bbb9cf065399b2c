/** The commands that answer others: `serve`, `up`, `users`. */
import { Argument, type Command } from 'commander';
import type { AddCommand } from './command-tree.ts';
import { metricsOption } from './option-groups.ts';
import { settingOption } from './setting-option.ts';

export function addServeCommands(add: AddCommand, output: (command: Command) => Command): void {
  add(
    'serve',
    'HTTP API over the lake: it only reads',
    ['serve', 'serve --port 8000 --host 127.0.0.1'],
    async () => {
      // First: the code of the server alone would make it grow.
      (await import('../base/bound-young-generation.ts')).boundYoungGeneration();
      return (await import('./commands/serve.ts')).serve;
    },
  )
    .addOption(settingOption('port', '--port <n>'))
    .addOption(settingOption('host', '--host <address>'));
  add(
    'up',
    'All that is configured, each as a process of its own, started again when it fails',
    ['up', 'up --services prices,train,predict,serve'],
    async () => (await import('./commands/up.ts')).up,
  )
    .addOption(settingOption('up', '--services <list>'))
    .addOption(settingOption('port', '--port <n>'))
    .addOption(settingOption('host', '--host <address>'))
    .addOption(metricsOption());
  output(
    add(
      'users',
      'Who may ask `serve` from other machines',
      ['users add alice --role admin', 'users list', 'users remove alice'],
      async () => (await import('./commands/users.ts')).users,
    ),
  )
    .addArgument(new Argument('<action>', 'what to do').choices(['add', 'list', 'remove']))
    .argument('[name]', 'name of the user')
    .option('--role <role>', '`read`, or `admin`, who may also see `/metrics`');
}
