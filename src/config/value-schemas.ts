/** What the text of a setting may be, and what it becomes. Durations are milliseconds, sizes are bytes. */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { SettingKind } from './settings.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** A number with a unit (`60s`, `10m`, `1h`); a bare number is seconds. At most 366 days. */
export const durationSchema = z.string().transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  const ms = match ? Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 0)) : Number.NaN;
  if (!(ms > 0 && ms <= 366 * 86_400_000)) {
    context.addIssue('must be a time such as `500ms`, `60s`, `10m` or `1h`');
    return z.NEVER;
  }
  return ms;
});

/** A number of bytes with a unit (`512MB`, `2GB`). */
export const sizeSchema = z.string().transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)$/i.exec(text.trim());
  const bytes = match
    ? Math.round(Number(match[1]) * (UNIT_BYTES[(match[2] ?? '').toUpperCase()] ?? 0))
    : Number.NaN;
  if (!(bytes >= 2 ** 20 && bytes <= 2 ** 50)) {
    context.addIssue('must be a size such as `128MB` or `2GB`, at least 1MB');
    return z.NEVER;
  }
  return bytes;
});

const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

const booleanSchema = z.string().transform((text, context) => {
  const value = BOOLEAN_WORDS[text.trim().toLowerCase()];
  if (value === undefined) context.addIssue('must be `true` or `false`');
  return value ?? z.NEVER;
});

function urlSchema(protocols: readonly string[]) {
  return z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !protocols.includes(url.protocol) || url.search || url.hash) {
      context.addIssue(
        `must be an address that starts with ${protocols.map((p) => `\`${p}//\``).join(' or ')}`,
      );
      return z.NEVER;
    }
    return text.replace(/\/+$/, '');
  });
}

/** A poll interval between 2 s and 24 h. */
export const intervalSchema = durationSchema.refine((ms) => ms >= 2000 && ms <= 86_400_000, {
  error: 'must be from `2s` to `24h`',
});

export const VALUE_SCHEMAS = {
  path: z
    .string()
    .min(1, 'must be a folder')
    .transform((path) => resolve(path)),
  duration: durationSchema,
  boolean: booleanSchema,
  onOff: booleanSchema,
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    error: 'must be one of trace, debug, info, warn, error, silent',
  }),
  logFile: z.string().transform((text) => {
    const flag = BOOLEAN_WORDS[text.trim().toLowerCase()];
    if (flag === false) return undefined;
    return resolve(flag === true ? 'crypto-lake.log' : text);
  }),
  wsUrl: urlSchema(['wss:', 'ws:']),
  httpUrl: urlSchema(['https:', 'http:']),
  sockets: z.enum(['1', '2'], { error: 'must be `1` or `2`' }).transform(Number),
  size: sizeSchema,
  secret: z
    .string()
    .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces')
    .transform((text) => text || undefined),
  list: z.string().transform((text, context) => {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    if (items.some((item) => item.length > 64 || /[\p{Cc}\s"]/u.test(item))) {
      context.addIssue('must be names separated by commas');
    }
    return items;
  }),
} as const satisfies Record<SettingKind, z.ZodType>;
