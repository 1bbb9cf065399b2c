/** Names, flags and help of the commands about bars, trades and the watch list. No code of theirs. */
import { Argument, Option } from 'commander';
import type { CommandTree } from './command-tree.ts';
import { streaming } from './option-groups.ts';

const LIST = '`BTCUSDT` is spot; else `usdm:BTCUSDT`, `coinm:BTCUSD_PERP`';

export function addBarCommands({ add, output }: CommandTree): void {
  streaming(
    add(
      'bars',
      'Closed 1m bars of the watched symbols, holes filled, until stopped',
      ['bars', 'bars --symbols BTCUSDT,usdm:BTCUSDT,coinm:BTCUSD_PERP'],
      async () => (await import('./commands/collect.ts')).collect(['bars']),
    ),
  )
    .optionsGroup('Bars:')
    .addOption(symbolList());
  streaming(
    add(
      'trades',
      'Aggregate trades of the watched symbols, complete by their ids',
      ['trades --symbols BTCUSDT,usdm:ETHUSDT'],
      async () => (await import('./commands/collect.ts')).collect(['trades']),
    ),
  )
    .optionsGroup('Trades:')
    .addOption(symbolList());
  add(
    'backfill',
    'History of bars or trades, by REST or from the archive',
    [
      'backfill bars --symbols BTCUSDT --since 2026-01-01',
      'backfill trades --since 30d --until 2026-11-02 --source archive',
    ],
    async () => (await import('./commands/backfill.ts')).backfill,
  )
    .addArgument(new Argument('<what>', 'what is fetched').choices(['bars', 'trades']))
    .addOption(symbolList())
    .requiredOption('--since <day>', 'the first day, in UTC; or `30d`')
    .option('--until <day>', 'the day after the last one; now by default')
    .addOption(
      new Option('--source <where>', 'where it comes from').choices(['rest', 'archive']).default('rest'),
    );
  output(
    add(
      'reconcile',
      'Stored bars against what the exchange says now; exit 3 if one differs',
      ['reconcile bars --since 7d', 'reconcile bars --against trades --since 2h'],
      async () => (await import('./commands/reconcile.ts')).reconcile,
    ),
  )
    .addArgument(new Argument('<what>', 'what is compared').choices(['bars']))
    .addOption(symbolList())
    .addOption(new Option('--against <what>', 'with what').choices(['rest', 'trades']).default('rest'))
    .option('--since <time>', 'the oldest bar: `7d`, or a time in UTC', '7d');
  output(
    add(
      'symbols',
      'The watch list, and what is known of each symbol',
      [
        'symbols',
        'symbols add BTCUSDT ETHUSDT --market spot',
        'symbols remove usdm:ETHUSDT',
        'symbols refresh',
      ],
      async () => (await import('./commands/symbols.ts')).symbols,
    ),
  )
    .addArgument(
      new Argument('[action]', 'what to do').choices(['list', 'add', 'remove', 'refresh']).default('list'),
    )
    .argument('[name...]', LIST)
    .option('--market <name>', 'of names without a prefix; with `list`, only this market')
    .option('--venue <name>', 'the same for a venue')
    .option('--featured', 'features are derived of them, too')
    .option('--all', 'also those that are not watched');
}

function symbolList(): Option {
  return new Option('--symbols <list>', `instead of the watched ones: ${LIST}`).argParser(String);
}
