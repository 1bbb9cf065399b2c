/**
 * The command tree: names, flags and help. It loads nothing but commander; a command's own code is imported when it
 * runs, so that `--help` never pays for Polars or DuckDB.
 */
import { Argument, Command } from 'commander';
import { readPackage } from '../base/program-file.ts';
import { SETTINGS } from '../config/settings.ts';
import { addBackupCommands } from './backup-commands.ts';
import { addBarCommands } from './bar-commands.ts';
import type { AddCommand } from './command-tree.ts';
import { SHELLS } from './completion/scripts.ts';
import type { Flags, Command as RunnableCommand } from './context.ts';
import { helpLayout } from './help-layout.ts';
import { addLearnCommands } from './learn-commands.ts';
import {
  addOutputOptions,
  collecting,
  metricsOption,
  polling,
  priceFilters,
  repeated,
  streaming,
  upkeep,
} from './option-groups.ts';
import { addServeCommands } from './serve-commands.ts';
import { settingOption } from './setting-option.ts';

export interface GlobalFlags {
  readonly quiet?: boolean;
  readonly verbose?: number;
  readonly color?: boolean;
}

/** Runs a command that is yet to be loaded. */
export type Runner = (
  load: () => Promise<RunnableCommand>,
  flags: Flags,
  globals: GlobalFlags,
  args: readonly string[],
) => Promise<void>;

export function buildProgram(run: Runner): Command {
  const { configuration, exitCodes } = helpLayout(process.stdout.columns);
  const program = new Command('crypto-lake')
    .description('Record liquidations and prices of crypto exchanges into Delta Lake tables, and query them')
    .version(readPackage().version, '-V, --version', 'print the version')
    .option('-q, --quiet', 'print nothing but data and errors')
    .option('-v, --verbose', 'say more; twice for debug logs', (_: string, count: number) => count + 1, 0)
    .option('--no-color', 'no colour (also NO_COLOR)')
    .addOption(settingOption('lake', '--lake <folder>'))
    .helpOption('-h, --help', 'this help')
    .addHelpCommand(
      new Command('help').argument('[command]').description('help for a command').helpGroup('Try:'),
    )
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureHelp(configuration)
    .configureOutput({ writeErr: (text) => text.startsWith('error:') || process.stderr.write(text) })
    .addHelpText('before', `Examples:\n  crypto-lake demo\n  crypto-lake liquidations\n  crypto-lake read\n`)
    .addHelpText('after', exitCodes);

  const add: AddCommand = (name, summary, examples, load) => {
    const command = program
      .command(name)
      .description(summary)
      .helpOption('-h, --help', 'this help')
      .addHelpText('before', `Examples:\n${examples.map((example) => `  crypto-lake ${example}\n`).join('')}`)
      .addHelpText('after', exitCodes);
    command.action(async () => {
      const globals = program.opts<GlobalFlags>();
      const { checkFlags } = await import('./flag-rules.ts');
      checkFlags(command);
      await run(load, command.optsWithGlobals(), globals, command.args);
    });
    return command;
  };

  // Their options come last, below those that are the command's own.
  const printing: Command[] = [];
  const output = (command: Command) => {
    printing.push(command);
    return command;
  };

  program.commandsGroup('Collect:');
  streaming(
    add(
      'liquidations',
      'Stream forced orders until stopped',
      ['liquidations', 'liquidations --venue binance,bybit,okx', 'liquidations --flush 10s'],
      async () => (await import('./commands/collect.ts')).collect(['liquidations']),
    ),
  );
  polling(
    collecting(
      add(
        'prices',
        'Poll 24 h tickers on the wall clock until stopped',
        ['prices --interval 60', 'prices --quote USDT,USDC'],
        async () => (await import('./commands/collect.ts')).collect(['prices']),
      ),
    ),
  );
  polling(
    streaming(
      add('both', 'Liquidations and prices together', ['both', 'both --lake /data/lake'], async () =>
        (await import('./commands/collect.ts')).collect(['liquidations', 'prices']),
      ).option('--bars', 'bars of the watched symbols, too, and what is derived of them'),
    ),
  );
  priceFilters(
    add(
      'once',
      'One price collection, then exit: for cron',
      ['once', 'once --symbols BTCUSDT,ETHUSDT'],
      async () => (await import('./commands/once.ts')).once,
    ),
  );
  addBarCommands({ program, add, output });

  program.commandsGroup('Ask:');
  output(
    add(
      'read',
      'Query the lake with SQL; without SQL, an analysis of what is stored',
      [
        'read',
        'read top-liquidations --since 1d',
        'read --sql "SELECT side, count(*) FROM liquidation GROUP BY 1"',
        'read --sql "SELECT * FROM prices" -o prices.parquet',
        'read --coverage --since 24h',
        'read --plot lake.svg',
        'read --interactive',
      ],
      async () => (await import('./commands/read.ts')).read,
    ),
  )
    .argument('[analysis]', 'a saved analysis (see --list)')
    .option('--sql <text>', 'the query; `-` waits for it on stdin')
    .option('-f, --file <file>', 'the query from a file')
    .option('-i, --interactive', 'a prompt for SQL, with history and completion')
    .option('--as-of <when>', 'the tables as they were: a version or a time in UTC')
    .option('--since <time>', 'only what is newer: `2h`, `7d`, or a time in UTC')
    .option('--plot <file>', 'draw the result, or the overview, into an .svg or .html file')
    .option('--coverage', 'what share of the time was listened to, and the holes')
    .option('--list', 'the saved analyses')
    .option('--show-sql', 'print the SQL instead of running it')
    .option('--table <name=path>', 'mount another Delta table as a view; repeatable', repeated)
    .addOption(settingOption('memory', '--memory <size>'));
  output(
    add(
      'tables',
      'Storage of each table; with a name, its columns and properties',
      ['tables', 'tables --history liquidation', 'tables --verify prices', 'tables --check --max-lag 5m'],
      async () => (await import('./commands/tables.ts')).tables,
    ),
  )
    .argument('[table]', 'describe this table')
    .option('--history <table>', 'the commits of a table, newest first')
    .option('--verify <table>', 'check every file, the statistics and the log; a name or a path')
    .option('--check', 'exit 3 when the lake is stale')
    .option('--quality', 'with --check: exit 3 when bars or prices of the last day have findings')
    .option('--max-lag <time>', 'how old the newest proof of life may be', '5m')
    .option('--restore <table>', 'bring a table back to an older version')
    .option('--to <version>', 'the version to restore');

  addLearnCommands({ program, add, output });

  program.commandsGroup('Serve:');
  addServeCommands(add, output);

  program.commandsGroup('Keep:');
  output(
    add(
      'derive',
      'Longer bars, indicators and features, from bars that are new or corrected',
      [
        'derive',
        'derive --follow',
        'derive --symbols BTCUSDT --timeframe 1m --since 7d',
        'derive --prove --at 1h',
      ],
      async () => (await import('./commands/derive.ts')).derive,
    ),
  )
    .option('-n, --dry-run', 'say what is due')
    .option('--timeframe <list>', `only bars of these lengths, such as \`5m,1h\``)
    .option('--symbols <list>', 'only these: `BTCUSDT` of spot, `usdm:BTCUSDT`')
    .option('--since <time>', 'also what is derived already, from then on: `7d`, or a time in UTC')
    .option('--all', 'also all that is derived already')
    .option('--follow', 'go on, after each commit of bars, until stopped')
    .addOption(metricsOption())
    .option('--prove', 'exit 3 when a stored row is not what was known then makes of it')
    .option('--at <time>', 'the moment to prove: `1h` ago, or a time in UTC; now by default')
    .addOption(settingOption('memory', '--memory <size>'));
  upkeep(
    output(
      add(
        'compact',
        'Merge and sort files, checkpoint, vacuum',
        ['compact', 'compact --dry-run', 'compact --vacuum --dry-run', 'compact --json'],
        async () => (await import('./commands/compact.ts')).compact,
      ),
    ),
  );
  addBackupCommands({ add, output });
  output(
    add(
      'doctor',
      'What is wrong with program, disk, lake or network, and what fixes it',
      ['doctor', 'doctor --network'],
      async () => (await import('./commands/doctor.ts')).doctor,
    ),
  )
    .option('--network', 'also ask the venues, lightly, on each route')
    .option('--smoke', 'whether a running `up` does all that it should, in half a minute')
    .option('--venue <list>', SETTINGS.venues.description);
  output(
    add(
      'spool',
      'What waits in the spool; `--take-back` stores segments that were set aside',
      ['spool', 'spool --take-back'],
      async () => (await import('./commands/spool.ts')).spool,
    ),
  ).option('--take-back', 'store what the tables lack of the segments that were set aside');
  output(
    add(
      'config',
      'Every setting, its value and where it came from',
      ['config'],
      async () => (await import('./commands/config.ts')).config,
    ),
  );

  program.commandsGroup('Set up:');
  output(
    add(
      'service',
      'Collect from boot on: a systemd unit, or a cron line for `once`',
      [
        'service install',
        'service install prices --dry-run',
        'service install --system --run-as alice',
        'service install up --backup /mnt/backup',
        'service install --cron',
        'service status',
      ],
      async () => (await import('./commands/service.ts')).service,
    ),
  )
    .addArgument(new Argument('<action>', 'what to do').choices(['install', 'uninstall', 'status']))
    .addArgument(
      new Argument('[command]', 'what runs')
        .choices(['both', 'liquidations', 'prices', 'serve', 'up'])
        .default('both'),
    )
    .option('-n, --dry-run', 'print what would be written or done')
    .option('--system', 'a unit of the system instead of your own')
    .option('--run-as <user>', 'user of a system unit; by default who calls sudo')
    .addOption(settingOption('backupTo', '--backup <folder>'))
    .option('--cron', 'prices every five minutes, and back-ups each day, from your crontab instead');
  add(
    'completion',
    'A script that lets TAB complete commands, flags, tables and symbols',
    ['completion bash >> ~/.bashrc', 'completion fish > ~/.config/fish/completions/crypto-lake.fish'],
    async () => (await import('./commands/completion.ts')).completion,
  ).addArgument(new Argument('<shell>', 'the shell that reads the script').choices(SHELLS));

  program.commandsGroup('Try:');
  add(
    'demo',
    'The whole pipeline against the bundled simulator, no network',
    ['demo', 'demo --serve'],
    async () => (await import('./commands/demo.ts')).demo,
  )
    .option('--seconds <n>', 'how long to collect', '16')
    .option('--serve', 'then serve its lake, until Ctrl-C');
  add(
    'simulate',
    'Exchanges on this machine that speak the wire formats of Binance, Bybit and OKX',
    ['simulate --port 9443'],
    async () => (await import('./commands/simulate.ts')).simulate,
  )
    .option('--port <n>', 'port on 127.0.0.1; 0 picks a free one', '0')
    .option('--rate <n>', 'liquidations a second', '5')
    .option('--seed <n>', 'the market that is played', '1')
    .option('--play <file>', 'an NDJSON file of recorded frames instead of the seeded market');
  for (const command of printing) addOutputOptions(command);
  return program;
}
