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
    .addOption(metricsOption());
}

/** Of every command that runs for long. */
export function metricsOption(): Option {
  return new Option('--metrics <host:port>', 'serve metrics for Prometheus there');
}

export function streaming(command: Command): Command {
  return collecting(command)
    .addOption(settingOption('sockets', '--sockets <n>'))
    .option('--shared', 'other machines collect the same into this lake on S3; each row is stored once')
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

export function upkeep(command: Command): Command {
  return command
    .option('-n, --dry-run', 'say what would be done')
    .option('--all', 'also what is already done')
    .option('--partition <date=day>', 'only this partition')
    .option('--where <date=day>', 'the same as --partition')
    .option('--table <table>', 'only this table; repeatable', repeated)
    .option('--zorder <columns>', "cluster by these columns instead of the table's own")
    .option('--target-size <size>', 'size that files of a closed day should have', '128MB')
    .addOption(settingOption('memory', '--memory <size>'))
    .option('--vacuum', 'only remove files that no kept version needs')
    .addOption(new Option('--auto').hideHelp());
}

export function repeated(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
