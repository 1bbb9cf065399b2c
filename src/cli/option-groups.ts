/** Groups of flags that several commands share. */
import { type Command, Option } from 'commander';
import { SETTINGS } from '../config/settings.ts';
import { settingOption } from './setting-option.ts';

const FORMATS = ['table', 'json', 'ndjson', 'csv', 'markdown', 'parquet', 'arrow'];

export function collecting(command: Command): Command {
  return command
    .optionsGroup('Collecting:')
    .addOption(settingOption('flush', '--flush <time>'))
    .addOption(settingOption('upkeep', '--upkeep <on|off>'))
    .option('--metrics <host:port>', 'serve metrics for Prometheus there');
}

export function streaming(command: Command): Command {
  return collecting(command)
    .addOption(settingOption('sockets', '--sockets <n>'))
    .option('--venue <list>', SETTINGS.venues.description);
}

export function polling(command: Command): Command {
  return priceFilters(
    command.optionsGroup('Prices:').addOption(settingOption('interval', '--interval <time>')),
  );
}

export function priceFilters(command: Command): Command {
  return command
    .optionsGroup('Prices:')
    .option('--quote <list>', SETTINGS.quotes.description)
    .addOption(settingOption('symbols', '--symbols <symbols>'))
    .option('--all', 'every spot pair that trades');
}

export function addOutputOptions(command: Command): void {
  command
    .optionsGroup('Output:')
    .addOption(new Option('--format <format>', 'table on a terminal, ndjson in a pipe').choices(FORMATS))
    .option('--json', 'short for --format json')
    .option('-o, --output <file>', 'write to a file; its ending chooses the format')
    .option('--no-truncate', 'show cells whole');
}
