/**
 * What the text of a setting may be, and what it becomes. Durations are milliseconds, sizes are bytes. By hand, since
 * every command pays for it: a validation library takes as long to load as all the rest of `--help`.
 */
import { resolve } from 'node:path';
import { parseDuration } from '../base/duration.ts';
import { hasBucket, isAddress, resolveLocation } from '../base/location.ts';
import type { SettingKind } from '../base/setting.ts';
import { parseSize } from '../base/size.ts';
import { expandHome } from './expand-home.ts';

/** @throws RangeError saying what the text must be. */
export type ParseValue<T> = (text: string) => T;

const MAX_DURATION_MS = 366 * 86_400_000;

/** A number with a unit (`60s`, `10m`, `1h`); a bare number is seconds. At most 366 days. */
export const parseSpan: ParseValue<number> = (text) => {
  const ms = parseDuration(/\d$/.test(text.trim()) ? `${text.trim()}s` : text) ?? 0;
  if (ms > 0 && ms <= MAX_DURATION_MS) return ms;
  throw new RangeError('must be a time such as `500ms`, `60s`, `10m` or `1h`');
};

/** A poll interval between 2 s and 24 h. */
const parseInterval: ParseValue<number> = (text) => {
  const ms = parseSpan(text);
  if (ms >= 2000 && ms <= 86_400_000) return ms;
  throw new RangeError('must be from `2s` to `24h`');
};

/** A number of bytes with a unit (`512MB`, `2GB`). */
export const parseMemory: ParseValue<number> = (text) => {
  const bytes = parseSize(text) ?? 0;
  if (bytes >= 2 ** 20 && bytes <= 2 ** 50) return bytes;
  throw new RangeError('must be a size such as `128MB` or `2GB`, at least 1MB');
};

const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
]);

function asBoolean(text: string): boolean | undefined {
  return BOOLEAN_WORDS.get(text.trim().toLowerCase());
}

const parseBoolean: ParseValue<boolean> = (text) => {
  const value = asBoolean(text);
  if (value === undefined) throw new RangeError('must be `true` or `false`');
  return value;
};

const parseOnOff: ParseValue<boolean> = (text) => {
  const value = asBoolean(text);
  if (value === undefined) throw new RangeError('must be `on` or `off`');
  return value;
};

function oneOf(values: readonly string[]): ParseValue<string> {
  return (text) => {
    if (values.includes(text)) return text;
    throw new RangeError(`must be one of ${values.join(', ')}`);
  };
}

function parseUrl(protocols: readonly string[]): ParseValue<string> {
  return (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url && protocols.includes(url.protocol) && !url.search && !url.hash) return text.replace(/\/+$/, '');
    throw new RangeError(
      `must be an address that starts with ${protocols.map((protocol) => `\`${protocol}//\``).join(' or ')}`,
    );
  };
}

const parseSpans: ParseValue<readonly number[]> = (text) =>
  text === 'off' ? [] : text.split(',').map((item) => parseSpan(item.trim()));

const parseOptionalUrl: ParseValue<string | undefined> = (text) =>
  text === '' ? undefined : parseUrl(['https:', 'http:'])(text);

/** One line of what another program calls a thing. */
const parseText: ParseValue<string> = (text) => {
  if (text.length <= 500 && !/\p{Cc}/u.test(text)) return text.trim();
  throw new RangeError('must be one line of text');
};

const parseList: ParseValue<readonly string[]> = (text) => {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  if (items.every((item) => item.length <= 64 && !/[\p{Cc}\s"]/u.test(item))) return items;
  throw new RangeError('must be names separated by commas');
};

/** `true`: a file of the usual name; `false`: none; else the path. */
const parseLogFile: ParseValue<string | undefined> = (text) => {
  const flag = asBoolean(text);
  return flag === false ? undefined : resolve(flag === true ? 'crypto-lake.log' : expandHome(text));
};

/** Without a scheme, as curl takes it, it is `http:`. */
const parseProxyUrl: ParseValue<string | undefined> = (text) => {
  if (text === '') return undefined;
  const url = parseUrl(['http:', 'https:'])(text.includes('://') ? text : `http://${text}`);
  // What is in it is decoded when it is used.
  if (/%(?![\da-f]{2})/i.test(url)) throw new RangeError('must be a valid address');
  return url;
};

/** Separated by commas, spaces, or both. */
const parseHosts: ParseValue<readonly string[]> = (text) => {
  const hosts = text.split(/[,\s]+/).filter(Boolean);
  if (hosts.every((host) => /^[\w.:*[\]/-]{1,255}$/.test(host))) return hosts;
  throw new RangeError('must be names or addresses of hosts, separated by commas');
};

const parseFactor: ParseValue<number> = (text) => {
  const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new RangeError('must be a number above 0');
};

const parseSecret: ParseValue<string | undefined> = (text) => {
  if (/^[\x21-\x7e]*$/.test(text)) return text || undefined;
  throw new RangeError('must be printable ASCII without spaces');
};

const parsePath: ParseValue<string | undefined> = (text) => {
  if (isAddress(text)) throw new RangeError('must be on this machine');
  return text === '' ? undefined : resolve(expandHome(text));
};

const parseLake: ParseValue<string> = (text) => {
  if (text === '' || (isAddress(text) && !hasBucket(text)))
    throw new RangeError('must be a folder of this machine, or `s3://BUCKET/PREFIX`');
  return resolveLocation(expandHome(text));
};

const parsePlace: ParseValue<string | undefined> = (text) => (text === '' ? undefined : parseLake(text));

const parseFile: ParseValue<string | undefined> = (text) =>
  text === '' ? undefined : resolve(expandHome(text));

const parsePort: ParseValue<number> = (text) => {
  if (/^\d{1,5}$/.test(text.trim()) && Number(text) <= 65_535) return Number(text);
  throw new RangeError('must be a port from 0 to 65535');
};

/** A name or an address; IPv6 without brackets. */
const parseHost: ParseValue<string> = (text) => {
  if (/^[\w.:-]{1,255}$/.test(text)) return text;
  throw new RangeError('must be an address of this machine, as `127.0.0.1` or `::1`');
};

/** A whole number from 1 on. */
const parseCount: ParseValue<number> = (text) => {
  if (/^[1-9]\d{0,8}$/.test(text.trim())) return Number(text);
  throw new RangeError('must be a whole number from 1 to 999999999');
};

export const PARSE_VALUE = {
  path: parsePath,
  lake: parseLake,
  place: parsePlace,
  duration: parseSpan,
  interval: parseInterval,
  durations: parseSpans,
  boolean: parseBoolean,
  onOff: parseOnOff,
  level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
  logFile: parseLogFile,
  wsUrl: parseUrl(['wss:', 'ws:']),
  httpUrl: parseUrl(['https:', 'http:']),
  sockets: (text) => Number(oneOf(['1', '2'])(text)),
  size: parseMemory,
  factor: parseFactor,
  secret: parseSecret,
  list: parseList,
  proxyUrl: parseProxyUrl,
  hosts: parseHosts,
  file: parseFile,
  count: parseCount,
  port: parsePort,
  host: parseHost,
  optionalUrl: parseOptionalUrl,
  text: parseText,
} as const satisfies Record<SettingKind, ParseValue<unknown>>;
