/** What a setting is: the environment name, the kind of value, the default, and what it means. */
export type SettingKind =
  | 'path'
  | 'lake'
  | 'place'
  | 'duration'
  | 'interval'
  | 'durations'
  | 'boolean'
  | 'level'
  | 'logFile'
  | 'wsUrl'
  | 'httpUrl'
  | 'sockets'
  | 'size'
  | 'factor'
  | 'secret'
  | 'list'
  | 'onOff'
  | 'proxyUrl'
  | 'hosts'
  | 'file'
  | 'count'
  | 'port'
  | 'host'
  | 'optionalUrl'
  | 'text';

export interface Setting {
  readonly env: string;
  readonly kind: SettingKind;
  readonly fallback: string;
  readonly description: string;
  /** Another name of the environment, which wins: programs disagree on the case of these. */
  readonly alias?: string;
  /** Read by Node itself at its start, which knows no `.env`. */
  readonly onlyEnvironment?: true;
}
