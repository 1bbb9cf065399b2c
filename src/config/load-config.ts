/** Flags, then environment, then `.env`, then defaults: every setting parsed once, with its origin. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type * as Dotenv from 'dotenv';
import { LakeError, messageOf, systemCodeOf } from '../base/errors.ts';
import { isObjectStore } from '../base/location.ts';
import type { Setting } from '../base/setting.ts';
import { ALL_SETTINGS, VENUE_SETTINGS } from './all-settings.ts';
import type { Config, Origin } from './config.ts';
import { PARSE_VALUE } from './parse-value.ts';
import type { SettingName } from './settings.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** By the key of `ALL_SETTINGS`. */
  readonly origins: Readonly<Record<SettingName, Origin> & Record<string, Origin>>;
}

export interface ConfigSources {
  /** What the command line gave, by setting name. */
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dotenvPath: string;
}

/** @throws LakeError USAGE for a wrong flag, CONFIG_INVALID for a wrong value in the environment or `.env`. */
export function loadConfig({ flags, env, dotenvPath }: ConfigSources): LoadedConfig {
  const dotenv = readDotenv(dotenvPath);
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const [name, setting] of ALL_SETTINGS) {
    const { env: variable, alias = '', kind, fallback, onlyEnvironment } = setting;
    const candidates: ReadonlyArray<readonly [Origin, string | undefined]> = [
      ['flag', flags[name as SettingName]],
      ['environment', env[alias] || env[variable] || undefined],
      ['.env', dotenv[alias] || dotenv[variable] || undefined],
    ];
    const [origin, text = fallback] = candidates.find(([, value]) => value !== undefined) ?? [
      'default' as const,
    ];
    if (onlyEnvironment && dotenv[variable]) {
      throw new LakeError('CONFIG_INVALID', `\`${variable}\` has no effect in \`.env\``, {
        hint: 'Node reads it before that file: set it in the environment',
      });
    }
    try {
      values[name] = PARSE_VALUE[kind](text);
    } catch (error) {
      throw invalidValue(name, setting, origin, messageOf(error), text);
    }
    origins[name] = origin;
  }
  const { lake, spool } = values as unknown as Config;
  if (spool === undefined && !isObjectStore(lake)) values.spool = join(lake, '_spool');
  values.addresses = Object.fromEntries(VENUE_SETTINGS.map(({ env: name }) => [name, values[name]]));
  values.cache ??= join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'crypto-lake');
  return { config: values as unknown as Config, origins: origins as LoadedConfig['origins'] };
}

function readDotenv(path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw new LakeError('CONFIG_INVALID', `\`.env\` cannot be read: ${messageOf(error)}`, {
      hint: 'make it readable, or remove it',
    });
  }
  const withoutQuoted = text.replace(
    /=[ \t]*(["'`])(?:\\.|(?!\1)[^\\])*\1/g,
    (quoted) => `=${quoted.replace(/[^\n]/g, 'x')}`,
  );
  const bad = withoutQuoted
    .split(/\r?\n/)
    .findIndex((line) => !/^\s*(#.*)?$|^\s*(export\s+)?[\w.-]+\s*[=:]|^x+/.test(line));
  if (bad >= 0) {
    throw new LakeError('CONFIG_INVALID', `line ${bad + 1} of \`.env\` is not a setting`, {
      hint: 'write each line as `NAME=value`, or start it with `#`',
    });
  }
  // Here, not above: most starts find no file.
  const { parse } = createRequire(import.meta.url)('dotenv') as typeof Dotenv;
  return parse(text);
}

function invalidValue(
  name: string,
  { env, kind, fallback }: Setting,
  origin: Origin,
  problem: string,
  text: string,
): LakeError {
  const subject =
    origin === 'flag'
      ? `\`--${FLAG_NAMES[name] ?? name}\``
      : `\`${env}\`${origin === '.env' ? ' in `.env`' : ''}`;
  // An address may hold a password.
  const shown =
    kind === 'secret' || text.includes('@') ? '' : ` (it is ${JSON.stringify(text.slice(0, 60))})`;
  return new LakeError(origin === 'flag' ? 'USAGE' : 'CONFIG_INVALID', `${subject} ${problem}${shown}`, {
    hint: fallback ? `the default is \`${fallback}\`` : `see \`crypto-lake config\``,
  });
}

/** Flags whose name is not the setting's own. */
const FLAG_NAMES: Readonly<Record<string, string>> = {
  backupTo: 'backup',
  quotes: 'quote',
  trainSymbols: 'symbol',
  up: 'services',
  venues: 'venue',
};
