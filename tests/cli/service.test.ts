import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronLine, withLine } from '../../src/service-manager/cron-line.ts';
import { systemdUnit, UNIT_MARK } from '../../src/service-manager/systemd-unit.ts';
import { unitArgument, unitProgram, unitRest, unitWord } from '../../src/service-manager/unit-words.ts';
import { run, temporaryFolder } from '../support/program.ts';
import { specifiers, variables, wordsOfSystemd } from '../support/words-of-systemd.ts';

const NODE = process.execPath;
const PROGRAM = resolve('bin/crypto-lake.js');
/** What a file name may be, spaces, quotes, `%`, `$` and the rest included, but no control characters. */
const nameText = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...' "\'\\%$~-;#*`{}&|<>()!='),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 20,
  })
  .filter((text) => !/\p{Cc}|\p{Cs}/u.test(text));

describe('words of a unit file', () => {
  it('are read back by systemd as they were', () => {
    fc.assert(
      fc.property(fc.array(nameText, { minLength: 1, maxLength: 4 }), (words) => {
        expect(wordsOfSystemd(words.map(unitWord).join(' ')).map(specifiers)).toEqual(words);
        expect(wordsOfSystemd(words.map(unitArgument).join(' ')).map(specifiers).map(variables)).toEqual(
          words,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('of settings that know no quotes are the rest of the line, or are refused', () => {
    fc.assert(
      fc.property(nameText, (name) => {
        const path = `/data/${name}`;
        if (/[\s\\]$/.test(path)) expect(() => unitRest(path)).toThrow(/unit file cannot hold/);
        else expect(specifiers(unitRest(path).trim())).toBe(path);
      }),
    );
  });

  it.each(['/a\nExecStart=/bin/sh', '/a\u0000', '/a\u001b[31m'])('cannot be %j', (path) => {
    for (const write of [unitWord, unitArgument, unitProgram, unitRest])
      expect(() => write(path)).toThrow(/cannot hold/);
  });
});

it.each(['/a"b', "/a'b", '/a\\b'])('a program cannot be %j', (path) => {
  expect(() => unitProgram(path)).toThrow(/cannot hold/);
  expect(unitProgram('/a b%$')).toBe('"/a b%%$"');
});

describe('the systemd unit', () => {
  const options = {
    command: 'both',
    lake: '/data/lake',
    node: NODE,
    program: PROGRAM,
    workingFolder: '/data/lake',
    environment: { CRYPTO_LAKE_FLUSH: '30s' },
    logFile: undefined,
    backups: undefined,
    user: undefined,
  };

  it('starts again, drains on SIGTERM, and is watched', () => {
    const unit = systemdUnit(options);
    for (const line of [
      'Type=notify',
      'NotifyAccess=all',
      'TimeoutStartSec=infinity',
      'WatchdogSec=60',
      'Restart=on-failure',
      'RestartPreventExitStatus=2',
      'KillMode=mixed',
      'TimeoutStopSec=30',
      'Environment="CRYPTO_LAKE_FLUSH=30s"',
      'WantedBy=default.target',
      `ExecStart="${NODE}" "${PROGRAM}" "both" "--lake" "/data/lake"`,
    ])
      expect(unit.split('\n')).toContain(line);
    expect(unit).not.toMatch(/^User=|ProtectSystem/m);
  });

  it('of the system may write the lake and the log, and nothing else', () => {
    // Not where these tests run, which may be below /tmp.
    const program = '/opt/crypto-lake/bin/crypto-lake.js';
    const unit = systemdUnit({ ...options, program, user: 'lake', logFile: '/var/log/lake/x.log' });
    expect(unit).toContain('\nProtectSystem=strict\n');
    expect(unit).toContain('\nReadWritePaths="/data/lake" "/var/log/lake"\nPrivateTmp=yes\n');
    expect(unit).toContain('\nUser=lake\n');
    expect(unit).toContain('\nWantedBy=multi-user.target\n');
    expect(unit).toContain('\nExecReload=/bin/kill -HUP $MAINPID\n');
    expect(systemdUnit({ ...options, program, user: 'lake', backups: '/mnt/backup' })).toContain(
      '\nReadWritePaths="/data/lake" "/mnt/backup"\n',
    );
    expect(systemdUnit({ ...options, user: 'lake', lake: '/tmp/lake' })).toContain(
      '"/tmp/lake" "/tmp"\nPrivateTmp=no',
    );
  });
});

describe('the cron line', () => {
  const made = (lake: string, more = {}) =>
    cronLine({ lake, node: NODE, program: PROGRAM, workingFolder: undefined, environment: {}, ...more });

  it('is run by cron and the shell with the words that were meant', () => {
    fc.assert(
      fc.property(
        nameText.filter((name) => !name.includes('\\')),
        (name) => {
          const line = made(`/data/${name}`, { node: 'printf', program: '%s\n'.trim() });
          const command = line.replace(/^\S+ \S+ \S+ \S+ \S+ /, '');
          // cron ends the command at a bare `%` and takes the backslash from the others.
          expect(command).not.toMatch(/(^|[^\\])%/);
          const shown = execFileSync('sh', ['-c', command.replaceAll('\\%', '%')], { encoding: 'utf8' });
          expect(shown).toBe(`once--quiet--lake/data/${name}`);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('refuses what a crontab cannot hold', () => {
    for (const lake of ['/a\nb', '/a\\b']) expect(() => made(lake)).toThrow(/crontab cannot hold/);
  });

  it('takes the place of the line before, and leaves all others', () => {
    const others = '# mine\n0 1 * * * backup\nMAILTO=me\n';
    const first = withLine(others, '/a', made('/a'));
    expect(first).toBe(`${others}${made('/a')}\n`);
    const second = withLine(first, '/b', made('/b'));
    const again = withLine(second, '/a', made('/a', { environment: { CRYPTO_LAKE_QUOTE: 'EUR' } }));
    expect(again.split('\n').filter((line) => line.includes("--lake '/a'"))).toHaveLength(1);
    expect(again).toContain(made('/b'));
    expect(withLine(withLine(again, '/a', undefined), '/b', undefined)).toBe(others);
    expect(withLine(`${made('/a')}\n`, '/a', undefined)).toBe('');
  });
});

/** A machine whose `systemctl` and `crontab` write down what they are asked for. */
async function machine() {
  const home = await temporaryFolder();
  const bin = join(home, 'bin');
  await mkdir(bin);
  const tool = async (name: string, script: string) => {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  };
  await tool(
    'systemctl',
    `echo "$*" >> ${home}/calls; case "$*" in *show*crypto-lake*) printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nMainPID=42\\nNRestarts=1\\n';; esac`,
  );
  await tool(
    'crontab',
    `if [ "$1" = -l ]; then cat ${home}/crontab 2>/dev/null || { echo "no crontab for you" >&2; exit 1; }; else cat > ${home}/crontab; fi`,
  );
  const env = {
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
  };
  return {
    home,
    unit: join(home, 'config', 'systemd', 'user', 'crypto-lake.service'),
    calls: async () => (await readFile(join(home, 'calls'), 'utf8')).trim().split('\n'),
    crontab: () => readFile(join(home, 'crontab'), 'utf8'),
    tool,
    service: (args: readonly string[], more: Record<string, string> = {}) =>
      run(['service', ...args, '--lake', join(home, 'lake')], { cwd: home, env: { ...env, ...more } }),
  };
}

describe('crypto-lake service', () => {
  it('installs, shows and removes a unit of the user', async () => {
    const { service, unit, calls, home } = await machine();
    const installed = await service(['install']);
    expect(installed).toMatchObject({ code: 0, stderr: expect.stringContaining('enable-linger') });
    expect(await readFile(unit, 'utf8')).toContain(`"both" "--lake" "${join(home, 'lake')}"`);
    expect(await calls()).toEqual([
      '--user show --property=Version',
      '--user daemon-reload',
      '--user enable crypto-lake.service',
      '--user --no-block restart crypto-lake.service',
    ]);
    const { stdout } = await service(['status', '--json']);
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({ installed: true, state: 'active (running)', pid: 42, restarts: 1 }),
    ]);
    expect(await service(['uninstall'])).toMatchObject({ code: 0 });
    expect(await readdir(join(unit, '..'))).toEqual([]);
    expect((await calls()).slice(-2)).toEqual([
      '--user disable --now crypto-lake.service',
      '--user daemon-reload',
    ]);
    expect((await service(['uninstall'])).stderr).toContain('nothing to do');
  });

  it('never touches a unit that someone else wrote', async () => {
    const { service, unit } = await machine();
    await mkdir(join(unit, '..'), { recursive: true });
    await writeFile(unit, '[Service]\nExecStart=/mine\n');
    for (const action of ['install', 'uninstall']) {
      expect(await service([action])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/error: .*left as it is \[SERVICE_FAILED\]\nhint: /),
      });
    }
    expect(await readFile(unit, 'utf8')).toBe('[Service]\nExecStart=/mine\n');
  });

  it('without systemd changes nothing, says so, and still prints the unit', async () => {
    const { service, tool, home } = await machine();
    await tool('systemctl', 'echo "Failed to connect to bus: No medium found" >&2; exit 1');
    expect(await service(['install'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error: .*No medium found \[SERVICE_FAILED\]\nhint: .*--dry-run/),
    });
    expect((await readdir(home)).sort()).toEqual(['bin']);
    const dry = await service(['install', 'prices', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining(UNIT_MARK) });
    expect(dry.stdout).toContain('"prices"');
    expect((await readdir(home)).sort()).toEqual(['bin']);
  });

  it.each(['bob smith', '-x', 'a\nb', ''])('refuses %j as the name of a user', async (name) => {
    const { service } = await machine();
    expect(await service(['install', '--system', `--run-as=${name}`, '-n'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/error: `--run-as .*` is no name of a user \[USAGE\]\nhint: /),
    });
  });

  it('writes settings of the environment down, and no secret', async () => {
    const { service, home } = await machine();
    const env = {
      API_KEY: 'very-secret',
      CRYPTO_LAKE_SYMBOLS: 'BTCUSDT,币安人生USDT',
      BINANCE_SPOT_REST_URL: 'https://user:hidden@proxy.example',
      HTTP_PROXY: 'user:hidden@proxy:3128',
      https_proxy: 'http://proxy:3128',
      NODE_EXTRA_CA_CERTS: 'company.pem',
    };
    for (const args of [
      ['install', '--dry-run'],
      ['install', '--system', '-n'],
      ['install', '--cron', '-n'],
    ]) {
      const { stdout, stderr } = await service(args, env);
      expect(stdout).toMatch(/CRYPTO_LAKE_SYMBOLS='?=?'?BTCUSDT,币安人生USDT/);
      expect(stdout).toMatch(/HTTPS_PROXY='?=?'?http:\/\/proxy:3128/);
      // The service starts elsewhere.
      expect(stdout).toContain(join(home, 'company.pem'));
      expect(stdout + stderr).not.toMatch(/very-secret|hidden/);
      expect(stderr).toContain('API_KEY is not written down');
      expect(stderr).toContain('HTTP_PROXY is not written down');
      expect(stderr).toContain('BINANCE_SPOT_REST_URL is not written down');
    }
    await writeFile(join(home, '.env'), 'API_KEY=in-the-file\n');
    const { stdout } = await service(['install', '--dry-run']);
    expect(stdout).toContain(`WorkingDirectory=${home}\n`);
    expect(stdout).not.toContain('in-the-file');
  });

  it('makes a unit that backs up, into a folder that is there', async () => {
    const { service, home } = await machine();
    const dry = await service(['install', 'up', '--backup', 'backups', '--dry-run']);
    expect(dry.stdout).toContain(`Environment="CRYPTO_LAKE_BACKUP_TO=${join(home, 'backups')}"\n`);
    expect(await service(['install', 'up', '--backup', 'backups'])).toMatchObject({ code: 0 });
    expect(await readdir(home)).toContain('backups');
    expect(await service(['install', '--cron', '--backup', 'backups'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/error: `--backup` is for a unit \[USAGE\]\nhint: /),
    });
  });

  it('puts a line into the crontab and takes it out again; other lines stay', async () => {
    const { service, home, crontab } = await machine();
    expect(JSON.parse((await service(['status', '--cron', '--json'])).stdout)).toMatchObject([
      { installed: false },
    ]);
    expect(await service(['install', '--cron'])).toMatchObject({ code: 0 });
    expect(await crontab()).toMatch(
      /^\*\/5 \* \* \* \* '.*' once --quiet --lake '.*lake' # crypto-lake service\n$/,
    );
    await writeFile(join(home, 'crontab'), `0 1 * * * backup\n${await crontab()}`);
    expect(await service(['install', '--cron'])).toMatchObject({ code: 0 });
    expect((await crontab()).trim().split('\n')).toHaveLength(2);
    expect(JSON.parse((await service(['status', '--cron', '--json'])).stdout)).toMatchObject([
      { installed: true },
    ]);
    expect(await service(['uninstall', '--cron'])).toMatchObject({ code: 0 });
    expect(await crontab()).toBe('0 1 * * * backup\n');
  });

  it('refuses what does not go together', async () => {
    const { service } = await machine();
    expect(await service(['install', '--cron', '--system'])).toMatchObject({ code: 2 });
    expect(await service(['restart'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('uninstall'),
    });
  });
});
