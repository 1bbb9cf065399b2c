/** The systemd unit that keeps a collector running. Pure. */
import { dirname } from 'node:path';
import { unitArgument, unitProgram, unitRest, unitWord } from './unit-words.ts';

export interface UnitOptions {
  /** `both`, `liquidations` or `prices`. */
  readonly command: string;
  readonly lake: string;
  /** Absolute paths of Node and of the program. */
  readonly node: string;
  readonly program: string;
  /** Where a `.env` may lie. */
  readonly workingFolder: string;
  /** Settings that were given by the environment; no secrets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string | undefined;
  /** Folders that it writes: the lake or its spool, and back-ups. */
  readonly written: readonly string[];
  /** The user of a system unit; undefined makes a unit of the user's own manager. */
  readonly user: string | undefined;
}

/** The first line tells our units from those that people wrote. */
export const UNIT_MARK =
  '# Made by `crypto-lake service install`; `crypto-lake service uninstall` removes it.';

export function unitName(command: string): string {
  return command === 'both' ? 'crypto-lake.service' : `crypto-lake-${command}.service`;
}

/** @throws LakeError USAGE for a path that a unit file cannot hold. */
export function systemdUnit(options: UnitOptions): string {
  const { command, lake, node, program, workingFolder, environment, logFile, user } = options;
  const collect = [unitProgram(node), ...[program, command, '--lake', lake].map(unitArgument)].join(' ');
  return [
    UNIT_MARK,
    '[Unit]',
    `Description=crypto-lake ${command}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '# It is tried for ever: what is not recorded is lost.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    '# The collector says that it is ready, and that it lives: by a child, since Node has no datagrams on Unix sockets.',
    'Type=notify',
    'NotifyAccess=all',
    'WatchdogSec=60',
    '# An exchange that cannot be reached is waited for.',
    'TimeoutStartSec=infinity',
    `ExecStart=${collect}`,
    ...(logFile === undefined
      ? []
      : ['# Opens the log file anew, for logrotate.', 'ExecReload=/bin/kill -HUP $MAINPID']),
    `WorkingDirectory=${unitRest(workingFolder)}`,
    ...Object.entries(environment).map(([name, value]) => `Environment=${unitWord(`${name}=${value}`)}`),
    ...(user === undefined ? [] : [`User=${unitRest(user)}`]),
    'Restart=on-failure',
    'RestartSec=5',
    '# A wrong setting does not fix itself.',
    'RestartPreventExitStatus=2',
    '# SIGTERM to the collector alone: it stores what it has in hand and ends its children.',
    'KillMode=mixed',
    'TimeoutStopSec=30',
    '',
    ...SANDBOX,
    ...(user === undefined ? [] : systemSandbox(options)),
    '',
    '[Install]',
    `WantedBy=${user === undefined ? 'default.target' : 'multi-user.target'}`,
    '',
  ].join('\n');
}

/** What the manager of a user can do too: no privileges, and no namespaces, which some distributions deny to users. */
const SANDBOX = [
  'UMask=0027',
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictNamespaces=yes',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'SystemCallArchitectures=native',
];

/** The disk is read-only but for the lake, the log, back-ups and a place for temporary files. */
function systemSandbox({ logFile, written: folders, program, workingFolder }: UnitOptions): string[] {
  // A private /tmp would hide what lies in the real one.
  const written = [...folders, ...(logFile === undefined ? [] : [dirname(logFile)])];
  const usesTmp = [...written, program, workingFolder].some((path) => /^(\/var)?\/tmp(\/|$)/.test(path));
  const writable = [...written, ...(usesTmp ? ['/tmp'] : [])];
  return [
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    `ReadWritePaths=${[...new Set(writable)].map(unitWord).join(' ')}`,
    `PrivateTmp=${usesTmp ? 'no' : 'yes'}`,
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'CapabilityBoundingSet=',
  ];
}
