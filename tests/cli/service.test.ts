import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UNIT_MARK } from '../../src/service-manager/systemd-unit.ts';
import { run, temporaryFolder } from '../support/program.ts';

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
  });

  it('puts a line for daily back-ups beside that of the prices, and takes both out again', async () => {
    const { service, home, crontab } = await machine();
    expect(await service(['install', '--cron', '--backup', 'backups'])).toMatchObject({ code: 0 });
    const [collects, backsUp, ...others] = (await crontab()).trim().split('\n');
    expect(others).toEqual([]);
    expect(collects).toMatch(/^\*\/5 .* once --quiet /);
    expect(backsUp).toContain(` backup --to '${join(home, 'backups')}' --keep 604800s --quiet --lake `);
    expect(await readdir(home)).toContain('backups');
    expect(JSON.parse((await service(['status', '--cron', '--json'])).stdout)).toHaveLength(2);
    // Installed anew without back-ups, there are none.
    expect(await service(['install', '--cron'])).toMatchObject({ code: 0 });
    expect((await crontab()).trim()).toBe(collects);
    expect(await service(['install', '--cron', '--backup', 'backups'])).toMatchObject({ code: 0 });
    expect((await service(['uninstall', '--cron'])).stderr).toContain('2 lines');
    expect(await crontab()).toBe('');
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
