/** Names, flags and help of the commands about bars, trades and the watch list. No code of theirs. */
import { Argument, Option } from 'commander';
import type { CommandTree } from './learn-commands.ts';
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
