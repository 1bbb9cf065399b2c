/** Names, flags and help of the commands that train models and predict. As in the rest of the tree, no code of theirs. */
import { Argument, Option } from 'commander';
import type { CommandTree } from './command-tree.ts';
import { metricsOption } from './option-groups.ts';
import { settingOption } from './setting-option.ts';

export function addLearnCommands({ program, add, output }: CommandTree): void {
  program.commandsGroup('Learn:');
  output(
    add(
      'train',
      'Train a linear model, judge it beside "no change", and keep it',
      [
        'train --symbol BTCUSDT',
        'train --symbol usdm:BTCUSDT --target return --features all',
        'train --replay 0f3c…',
      ],
      async () => (await import('./commands/train.ts')).train,
    ),
  )
    .addOption(settingOption('trainSymbols', '--symbol <list>'))
    .option('--timeframe <length>', 'length of a bar: 1m, 5m, 15m, 1h, 4h or 1d', '1m')
    .addOption(
      new Option('--target <what>', 'what is predicted')
        .choices(['next-price', 'return'])
        .default('next-price'),
    )
    .option('--horizon <bars>', 'how many bars ahead', '1')
    .option('--features <list>', '`lags`, `all`, or names of columns of `features`', 'lags')
    .option('--since <time>', 'the first row: `30d`, or a time in UTC', '30d')
    .option('--until <time>', 'nothing that was known later is used; now by default')
    .option('--ridge <penalty>', "scikit-learn's `alpha` on standardised features", '0')
    .option('--folds <n>', 'how often the model is made anew while it is judged', '5')
    .option('--seed <n>', 'of the bootstrap', '1')
    .addOption(
      new Option('--promote <when>', 'whether it becomes the champion')
        .choices(['always', 'better', 'never'])
        .default('better'),
    )
    .option('--replay <run>', 'train a stored run again and compare to the bit')
    .option('--every <time>', 'train again and again: `1d`')
    .addOption(metricsOption())
    .option('--plot <file>', 'draw predictions and skill into an .svg or .html file')
    .addOption(settingOption('memory', '--memory <size>'));
  output(
    add(
      'predict',
      'What the champion says of the next bar',
      ['predict --symbol BTCUSDT', 'predict --symbol BTCUSDT --timeframe 5m --json'],
      async () => (await import('./commands/predict.ts')).predict,
    ),
  )
    .addOption(settingOption('trainSymbols', '--symbol <list>'))
    .option('--timeframe <length>', 'only a model of this length of bar')
    .addOption(new Option('--target <what>', 'only a model of this target').choices(['next-price', 'return']))
    .option('--horizon <bars>', 'only a model of this horizon')
    .option('--model <name@version>', 'this model instead of the newest champion')
    .option('--every <time>', 'look again and again, and predict each bar once: `1m`')
    .addOption(metricsOption())
    .option('--allow-stale', 'predict from inputs of any age')
    .option('--no-store', 'do not keep the prediction in `predictions`');
  output(
    add(
      'models',
      'Trained models: list, show, promote, delete, export',
      ['models', 'models show BTCUSDT.1m.next-price.1', 'models export BTCUSDT.1m.next-price.1@2 --to model'],
      async () => (await import('./commands/models.ts')).models,
    ),
  )
    .addArgument(
      new Argument('[action]', 'what to do')
        .choices(['list', 'show', 'promote', 'delete', 'export'])
        .default('list'),
    )
    .argument('[name]', 'the model, or a version of it: NAME@2; its champion by default')
    .option('--to <folder>', 'where the files go');
  output(
    add(
      'databricks',
      'Check a SQL warehouse, register the tables of a lake on S3, query',
      ['databricks check', 'databricks register', 'databricks query "SELECT 1"'],
      async () => (await import('./commands/databricks.ts')).databricks,
    ),
  )
    .addArgument(new Argument('<action>', 'what to do').choices(['check', 'register', 'query']))
    .argument('[sql]', 'the query')
    .option('--schema <name>', 'schema that tables are registered in', 'crypto_lake');
}
