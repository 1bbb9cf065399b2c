/** `crypto-lake config`: every setting, its value, and where it came from. Secrets are hidden. */

import { durationLiteral } from '../../base/duration.ts';
import type { Setting } from '../../base/setting.ts';
import { sizeLiteral } from '../../base/size.ts';
import { ALL_SETTINGS } from '../../config/all-settings.ts';
import type { Config } from '../../config/config.ts';
import type { Command } from '../context.ts';
import { printRows } from '../print-rows.ts';

const COLUMNS = { setting: 'name', value: 'name', origin: 'name', meaning: 'prose' } as const;

export const config: Command = async ({ config: values, origins, io }, flags) => {
  const rows = [...ALL_SETTINGS].map(([key, setting]) => ({
    setting: setting.env,
    value: shown(setting, settingValue(values, key)),
    origin: origins[key] ?? null,
    meaning: setting.description,
  }));
  await printRows(io, flags, COLUMNS, rows);
};

function settingValue(config: Config, key: string): unknown {
  return config.addresses[key] ?? (config as unknown as Readonly<Record<string, unknown>>)[key];
}

function shown({ kind }: Setting, value: unknown): string | null {
  if (value === undefined) return null;
  if (kind === 'secret') return '(set)';
  if (kind === 'onOff') return value === true ? 'on' : 'off';
  if (kind === 'duration' || kind === 'interval') return durationLiteral(Number(value));
  if (kind === 'durations') return (value as readonly number[]).map(durationLiteral).join(',') || 'off';
  if (kind === 'size') return sizeLiteral(Number(value));
  // An address may hold a name and a password.
  if (kind === 'wsUrl' || kind === 'httpUrl' || kind === 'proxyUrl')
    return String(value).replace(/\/\/[^/]*@/, '//(set)@');
  return (Array.isArray(value) ? value.join(',') : String(value)) || null;
}
