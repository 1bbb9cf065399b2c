/** A flag that stands for a setting: its help says the variable and the default. */
import { Option } from 'commander';
import { SETTINGS, type SettingName } from '../config/settings.ts';

export function settingOption(name: SettingName, flags: string): Option {
  const setting = SETTINGS[name];
  return new Option(
    flags,
    `${setting.description} (${setting.env}, ${setting.fallback || 'none'})`,
  ).argParser(String);
}
