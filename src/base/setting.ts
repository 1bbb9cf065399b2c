/** What a setting is: the environment name, the kind of value, the default, and what it means. */
export type SettingKind =
  | 'path'
  | 'duration'
  | 'interval'
  | 'boolean'
  | 'level'
  | 'logFile'
  | 'wsUrl'
  | 'httpUrl'
  | 'sockets'
  | 'size'
  | 'secret'
  | 'list'
  | 'onOff';

export interface Setting {
  readonly env: string;
  readonly kind: SettingKind;
  readonly fallback: string;
  readonly description: string;
}
