/** How long which host must not be asked, kept over restarts. A damaged file is no ban: the exchange will say it again. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeDurably } from './write-durably.ts';

export interface Ban {
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
  readonly reason: string;
}

/** @param folder the folder of all spools of a lake. */
export async function readBans(folder: string): Promise<Record<string, Ban>> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, FILE), 'utf8'));
    const entries = Object.entries(value as Record<string, Ban>);
    return Object.fromEntries(entries.filter(([, ban]) => typeof ban?.untilMs === 'number'));
  } catch {
    return {};
  }
}

export async function saveBan(folder: string, host: string, ban: Ban): Promise<void> {
  await mkdir(dirname(join(folder, FILE)), { recursive: true });
  await writeDurably(join(folder, FILE), `${JSON.stringify({ ...(await readBans(folder)), [host]: ban })}\n`);
}

const FILE = 'bans.json';
