import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from '../support/in-process.ts';
import { smallLake } from '../support/small-lake.ts';

let lake: string;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-flags-'));
  await smallLake(lake);
}, 30_000);

afterAll(() => rm(lake, { recursive: true, force: true }));

describe('flags that a call would not use are refused', () => {
  it.each([
    ['tables --check --verify prices', '`--verify` and `--check` do not go together'],
    ['tables prices --history prices', 'the argument `table` and `--history` do not go together'],
    ['tables --to 3', '`--to` is only for `--restore`'],
    ['tables --max-lag 5m', '`--max-lag` is only for `--check`'],
    ['symbols add BTCUSDT --all', '`--all` and `add` do not go together'],
    ['read --json --format csv', '`--json` and `--format` do not go together'],
    ['read --sql x -f y', '`--sql` and `--file` do not go together'],
    ['read coverage --coverage', 'the argument `analysis` and `--coverage` do not go together'],
    ['read --list --since 2h', '`--list` and `--since` do not go together'],
    ['read --show-sql -o x.csv', '`--show-sql` and `--output` do not go together'],
    ['read --plot x.svg --coverage', '`--plot` and `--coverage` do not go together'],
    ['compact --lake --vacuum', '`--lake` has no value: `--vacuum` is a flag'],
    ['tables --history --json', '`--history` has no value: `--json` is a flag'],
    ['once --all --quote USDT', '`--all` and `--quote` do not go together'],
    ['both --quote USDT --symbols BTCUSDT', '`--quote` and `--symbols` do not go together'],
    ['prices --sockets 1', "unknown option '--sockets'"],
    ['compact --vacuum --all', '`--vacuum` and `--all` do not go together'],
    ['compact --partition 2026-01-01 --where 2026-01-01', '`--partition` and `--where` do not go together'],
    ['service install --dry-run -o x', '`--output` is only for `status`'],
    ['service status -n', '`--dry-run` is only for `install` and `uninstall`'],
    ['service install prices --cron', '`--cron` and `prices` do not go together'],
    ['simulate --play x --seed 1', '`--play` and `--seed` do not go together'],
    ['config -o settings.xyz', 'the ending of `settings.xyz` names no format'],
    ['compact --partition date=2026-02-31', '`--partition` must be a day such as `date=2026-11-20`'],
    ['compact --table prices --table price', 'the lake has no table `price`'],
  ])('%s', async (line, message) => {
    const { error, stdout } = await runInProcess(lake, line.split(' '));
    expect((error as Error).message).toContain(message);
    expect(stdout).toHaveLength(0);
  });
});

describe('compact --zorder', () => {
  it('leaves tables alone that have no such column, and says so', async () => {
    const { said, error } = await runInProcess(lake, ['compact', '-n', '--zorder', 'symbol,side']);
    expect(error).toBeUndefined();
    const why = 'left alone: `symbol` cannot be a clustering column: the table has no such column';
    expect(said[0]).toBe(`coverage: ${why}`);
    expect(said.find((line) => line.startsWith('liquidation'))).toMatch(/would (sort|merge)|nothing to do/);
    expect(said.find((line) => line.startsWith('prices'))).toContain('left alone: `side`');
  });

  it('is an error when all that were named have none', async () => {
    const tables = ['--table', 'prices', '--table', 'coverage'];
    const { error } = await runInProcess(lake, ['compact', '-n', '--zorder', 'side', ...tables]);
    expect(error).toMatchObject({ code: 'USAGE' });
  });
});
