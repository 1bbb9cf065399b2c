import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupLine, collectLine, withLines } from '../../src/service-manager/cron-line.ts';
import { systemdUnit } from '../../src/service-manager/systemd-unit.ts';
import { unitArgument, unitProgram, unitRest, unitWord } from '../../src/service-manager/unit-words.ts';
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
    written: ['/data/lake'],
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
    expect(
      systemdUnit({ ...options, program, user: 'lake', written: ['/data/lake', '/mnt/backup'] }),
    ).toContain('\nReadWritePaths="/data/lake" "/mnt/backup"\n');
    expect(systemdUnit({ ...options, user: 'lake', written: ['/tmp/lake'] })).toContain(
      '"/tmp/lake" "/tmp"\nPrivateTmp=no',
    );
  });
});

describe('the cron line', () => {
  const made = (lake: string, more = {}) =>
    collectLine({ lake, node: NODE, program: PROGRAM, workingFolder: undefined, environment: {}, ...more });

  const backedUp = (lake: string) =>
    backupLine(
      { lake, node: NODE, program: PROGRAM, workingFolder: undefined, environment: {} },
      { to: '/mnt/my backup', keepMs: 7 * 86_400_000 },
    );

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

  it('takes the place of the lines before, and leaves all others', () => {
    const others = '# mine\n0 1 * * * backup\nMAILTO=me\n';
    const first = withLines(others, '/a', [made('/a'), backedUp('/a')]);
    expect(first).toBe(`${others}${made('/a')}\n${backedUp('/a')}\n`);
    const second = withLines(first, '/b', [made('/b')]);
    const again = withLines(second, '/a', [made('/a', { environment: { CRYPTO_LAKE_QUOTE: 'EUR' } })]);
    expect(again.split('\n').filter((line) => line.includes("--lake '/a'"))).toHaveLength(1);
    expect(again).toContain(made('/b'));
    expect(withLines(withLines(again, '/a', []), '/b', [])).toBe(others);
    expect(withLines(`${made('/a')}\n`, '/a', [])).toBe('');
  });
});
