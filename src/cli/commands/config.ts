/** `crypto-lake config`: every setting, its value, and where it came from. Secrets are hidden. */
import { SETTINGS, type SettingName } from '../../config/settings.ts';
import type { Command } from '../context.ts';
import { printRows } from '../print-rows.ts';

const COLUMNS = { setting: 'name', value: 'name', origin: 'name', meaning: 'prose' } as const;

export const config: Command = async ({ config: values, origins, io }, flags) => {
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => ({
    setting: SETTINGS[name].env,
    value: shown(name, values[name]),
    origin: origins[name],
    meaning: SETTINGS[name].description,
  }));
  await printRows(io, flags, COLUMNS, rows);
};

function shown(name: SettingName, value: unknown): string | null {
  if (value === undefined) return null;
  const { kind } = SETTINGS[name];
  if (kind === 'secret') return '(set)';
  if (kind === 'onOff') return value === true ? 'on' : 'off';
  if (kind === 'duration' || kind === 'interval') return `${Number(value) / 1000}s`;
  if (kind === 'size') return `${Math.round(Number(value) / 2 ** 20)}MB`;
  // An address may hold a name and a password.
  if (kind === 'wsUrl' || kind === 'httpUrl' || kind === 'proxyUrl')
    return String(value).replace(/\/\/[^/]*@/, '//(set)@');
  return (Array.isArray(value) ? value.join(',') : String(value)) || null;
}
