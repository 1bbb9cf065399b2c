/** How long which host must not be asked, kept over restarts. A damaged file is no ban: the exchange will say it again. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/durable/write-file-atomic.ts';

export interface Ban {
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
  readonly reason: string;
}

const FILE = 'bans.json';

/** One after the other, so that two bans of the same moment are both kept. */
let saving: Promise<void> = Promise.resolve();

/** @param folder the folder of all spools of a lake. */
export async function readBans(folder: string): Promise<Record<string, Ban>> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, FILE), 'utf8'));
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, Ban] => isBan(entry[1])),
    );
  } catch {
    return {};
  }
}

export function saveBan(folder: string, host: string, ban: Ban): Promise<void> {
  const saved = saving.then(() => save(folder, host, ban));
  saving = saved.catch(() => undefined);
  return saved;
}

async function save(folder: string, host: string, ban: Ban): Promise<void> {
  await mkdir(folder, { recursive: true });
  const bans = { ...(await readBans(folder)), [host]: ban };
  await writeFileAtomic(join(folder, FILE), `${JSON.stringify(bans)}\n`);
}

function isBan(value: unknown): value is Ban {
  const ban = value as Partial<Record<keyof Ban, unknown>> | null;
  return Number.isFinite(ban?.untilMs) && typeof ban?.reason === 'string';
}
