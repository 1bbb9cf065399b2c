/** `crypto-lake service install|uninstall|status`: a systemd unit that collects, or cron lines for `once` and `backup`. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { LakeError } from '../../base/errors.ts';
import { LEAN_MEMORY } from '../../base/lean-memory.ts';
import { isObjectStore } from '../../base/location.ts';
import { PROGRAM_FILE } from '../../base/program-file.ts';
import { shellQuote } from '../../base/shell-quote.ts';
import { ALL_SETTINGS } from '../../config/all-settings.ts';
import { SETTINGS, type SettingName } from '../../config/settings.ts';
import { backupLine, collectLine, isOurLine, withLines } from '../../service-manager/cron-line.ts';
import { mustRun, runTool } from '../../service-manager/run-tool.ts';
import { systemdUnit, UNIT_MARK, unitName } from '../../service-manager/systemd-unit.ts';
import { spoolRoot } from '../../spool/state/spool-folder.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { printRows } from '../print-rows.ts';

const UNIT_COLUMNS = {
  service: 'name',
  installed: 'boolean',
  state: 'name',
  since: 'name',
  pid: 'integer',
  restarts: 'integer',
  unit: 'name',
} as const;
const CRON_COLUMNS = { service: 'name', installed: 'boolean', line: 'prose' } as const;

export const service: Command = async (context, flags, [action, command = 'both']) => {
  const isCron = flags.cron === true;
  if (flags.runAs !== undefined && flags.system !== true) {
    throw new LakeError('USAGE', '`--run-as` is for a unit of the system', { hint: 'add `--system`' });
  }
  if (typeof flags.runAs === 'string') checkUserName(flags.runAs);
  if (action === 'install')
    return isCron ? installCron(context, flags) : installUnit(context, flags, command);
  if (action === 'uninstall')
    return isCron ? uninstallCron(context, flags) : uninstallUnit(context, flags, command);
  if (isCron) return printRows(context.io, flags, CRON_COLUMNS, await cronStatus(context));
  return printRows(context.io, flags, UNIT_COLUMNS, [await unitStatus(flags, command)]);
};

async function installUnit(context: CommandContext, flags: Flags, command: string): Promise<void> {
  const { config, io } = context;
  const path = unitPath(flags, command);
  const user =
    flags.system === true ? String(flags.runAs ?? process.env.SUDO_USER ?? userInfo().username) : undefined;
  const { environment, ...rest } = await surroundings(context);
  const text = systemdUnit({
    ...rest,
    environment: { ...LEAN_MEMORY, ...environment },
    command,
    lake: config.lake,
    logFile: config.logToFile,
    written: [
      isObjectStore(config.lake) ? spoolRoot(config) : config.lake,
      ...(config.backupTo === undefined || isObjectStore(config.backupTo) ? [] : [config.backupTo]),
    ],
    user,
  });
  if (flags.dryRun === true) {
    io.stdout.write(text);
    io.say(`this would be ${path}`);
    return;
  }
  // First of all: without a manager that answers nothing is changed.
  await mustRun('systemctl', [...scope(flags), 'show', '--property=Version']);
  if (user !== undefined && (await runTool('id', ['-u', user])).code !== 0) {
    throw new LakeError('USAGE', `there is no user \`${user}\` on this machine`, {
      hint: `make one first: \`useradd --system ${shellQuote(user)}\``,
    });
  }
  const there = await readFile(path, 'utf8').catch(() => UNIT_MARK);
  if (!there.startsWith(UNIT_MARK)) {
    throw new LakeError('SERVICE_FAILED', `${path} was not made by crypto-lake and is left as it is`, {
      hint: 'move it away first; `--dry-run` prints what would be written',
    });
  }
  await prepareLake(config, user);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await mustRun('systemctl', [...scope(flags), 'daemon-reload']);
  await mustRun('systemctl', [...scope(flags), 'enable', unitName(command)]);
  // It counts as started when it listens, which may take until the exchange can be reached.
  await mustRun('systemctl', [...scope(flags), '--no-block', 'restart', unitName(command)]);
  const log = ['journalctl', ...scope(flags), '-u', unitName(command), '-f'].join(' ');
  io.say(`wrote ${path} and started it; its log: \`${log}\``);
  if (user === undefined) io.say('it ends when you log out, unless you run `loginctl enable-linger` once');
}

/** A folder that root makes would be root's. @throws LakeError SERVICE_FAILED, LAKE_UNWRITABLE. */
async function prepareLake(config: CommandContext['config'], user: string | undefined): Promise<void> {
  const { backupTo } = config;
  if (user === undefined || user === userInfo().username) {
    await makeLake(config);
    if (backupTo !== undefined && !isObjectStore(backupTo)) await mkdir(backupTo, { recursive: true });
    return;
  }
  const lake = isObjectStore(config.lake) ? spoolRoot(config) : config.lake;
  for (const folder of [lake, backupTo ?? lake].filter((place) => !isObjectStore(place))) {
    const exists = await stat(folder).then(
      () => true,
      () => false,
    );
    if (exists) continue;
    throw new LakeError(
      'SERVICE_FAILED',
      `the folder \`${folder}\` is not there, and would not be ${user}'s`,
      {
        hint: `make it first: \`install -d -o ${shellQuote(user)} ${shellQuote(folder)}\``,
      },
    );
  }
}

async function uninstallUnit({ io }: CommandContext, flags: Flags, command: string): Promise<void> {
  const path = unitPath(flags, command);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return io.say(`${path} is not there: nothing to do`);
  if (!text.startsWith(UNIT_MARK)) {
    throw new LakeError('SERVICE_FAILED', `${path} was not made by crypto-lake and is left as it is`, {
      hint: 'remove it by hand',
    });
  }
  if (flags.dryRun === true) return io.say(`${unitName(command)} would be stopped and ${path} removed`);
  await mustRun('systemctl', [...scope(flags), 'disable', '--now', unitName(command)]);
  await rm(path);
  await mustRun('systemctl', [...scope(flags), 'daemon-reload']);
  io.say(`stopped ${unitName(command)} and removed ${path}; the lake is untouched`);
}

async function unitStatus(flags: Flags, command: string) {
  const wanted = ['LoadState', 'ActiveState', 'SubState', 'MainPID', 'NRestarts', 'ActiveEnterTimestamp'];
  const properties = await mustRun('systemctl', [
    ...scope(flags),
    'show',
    unitName(command),
    `--property=${wanted.join(',')}`,
  ]);
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(properties)?.[1] || null;
  const isThere = value('LoadState') === 'loaded';
  return {
    service: unitName(command),
    installed: isThere,
    state: isThere ? `${value('ActiveState')} (${value('SubState')})` : 'not installed',
    since: value('ActiveEnterTimestamp'),
    pid: Number(value('MainPID')) || null,
    restarts: Number(value('NRestarts') ?? 0),
    unit: unitPath(flags, command),
  };
}

async function installCron(context: CommandContext, flags: Flags): Promise<void> {
  const { config, io } = context;
  const { workingFolder, environment, ...rest } = await surroundings(context);
  // `once` makes no back-ups; where to is said in the line that does.
  delete environment[SETTINGS.backupTo.env];
  const options = {
    ...rest,
    environment,
    lake: config.lake,
    workingFolder: workingFolder === config.lake ? undefined : workingFolder,
  };
  const { backupTo, backupKeep } = config;
  const backups = backupTo === undefined ? [] : [backupLine(options, { to: backupTo, keepMs: backupKeep })];
  const lines = [collectLine(options), ...backups];
  if (flags.dryRun === true) return io.print(lines.join('\n'));
  const before = await readCrontab();
  await prepareLake(config, undefined);
  await mustRun('crontab', ['-'], withLines(before, config.lake, lines));
  io.say(`prices are collected every five minutes into ${config.lake}; \`crontab -l\` shows the line`);
  if (backupTo !== undefined) io.say(`they are backed up once a day to ${backupTo}`);
}

async function uninstallCron({ config, io }: CommandContext, flags: Flags): Promise<void> {
  const before = await readCrontab();
  const own = before.split('\n').filter((line) => isOurLine(line, config.lake));
  if (own.length === 0) return io.say('the crontab has no line of this lake: nothing to do');
  const lines = own.length === 1 ? 'one line' : `${own.length} lines`;
  if (flags.dryRun === true) return io.say(`${lines} would be removed from the crontab`);
  await mustRun('crontab', ['-'], withLines(before, config.lake, []));
  io.say(`removed ${lines} from the crontab; the lake is untouched`);
}

async function cronStatus({ config }: CommandContext) {
  const lines = (await readCrontab()).split('\n').filter((text) => isOurLine(text, config.lake));
  if (lines.length === 0) return [{ service: 'cron', installed: false, line: null }];
  return lines.map((line) => ({ service: 'cron', installed: true, line }));
}

/** cron calls an empty table an error. */
async function readCrontab(): Promise<string> {
  const { code, stdout, stderr } = await runTool('crontab', ['-l']);
  if (code === 0) return stdout;
  if (/no crontab/i.test(stderr)) return '';
  return mustRun('crontab', ['-l']);
}

/** What the service needs in its environment, since it starts from nowhere. No secrets: those stay in `.env`. */
async function surroundings({ config, origins, io }: CommandContext) {
  const environment: Record<string, string> = {};
  for (const [name, { env, alias = '', kind }] of ALL_SETTINGS) {
    const given = process.env[alias] || process.env[env];
    const isGiven = origins[name] === 'environment' || (name === 'backupTo' && origins[name] === 'flag');
    if (!isGiven || name === 'lake') continue;
    // The service starts in another folder.
    const text =
      kind === 'file' || kind === 'logFile' || kind === 'place'
        ? String(config[name as SettingName] ?? 'false')
        : (given ?? '');
    if (kind === 'secret' || hasCredentials(text))
      io.say(`${env} is not written down: put it into \`.env\` in ${process.cwd()}, and install from there`);
    else environment[env] = text;
  }
  const hasDotenv = await stat('.env').then(
    () => true,
    () => false,
  );
  const workingFolder = hasDotenv ? process.cwd() : config.lake;
  return { node: process.execPath, program: PROGRAM_FILE, workingFolder, environment };
}

function hasCredentials(text: string): boolean {
  return /^(?:[a-z]+:\/\/)?[^/]*@/i.test(text);
}

/** Source: systemd, "User/Group Name Syntax"; a number is a user too. */
function checkUserName(name: string): void {
  if (/^(\d{1,10}|[a-z_][\w.-]{0,30})$/i.test(name)) return;
  throw new LakeError('USAGE', `\`--run-as ${name.slice(0, 60)}\` is no name of a user`, {
    hint: 'name one that `getent passwd` lists',
  });
}

function scope(flags: Flags): string[] {
  return flags.system === true ? [] : ['--user'];
}

function unitPath(flags: Flags, command: string): string {
  const config = process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
  const folder = flags.system === true ? '/etc/systemd/system' : join(config, 'systemd', 'user');
  return join(folder, unitName(command));
}
