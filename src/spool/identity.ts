/**
 * Who writes: the Delta `appId` of one source of one lake on one machine. It is stable for ever, since every appId
 * stays in the tables' state. A copy of the spool on another machine stores what is left in it under the old name,
 * so that the tables' `txn` keeps rows single, and takes a name of its own for what it collects itself.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './write-durably.ts';

export interface Identity {
  readonly appId: string;
  readonly machine: string;
}

export async function readIdentity(folder: string): Promise<Identity | undefined> {
  try {
    const value = JSON.parse(await readFile(join(folder, FILE), 'utf8')) as Partial<Identity> | null;
    if (typeof value?.appId === 'string' && typeof value.machine === 'string') {
      return { appId: value.appId, machine: value.machine };
    }
  } catch {
    // Not there yet, or damaged: a new identity is always safe, for segments are numbered above all that is known.
  }
  return undefined;
}

export async function createIdentity(folder: string, source: string, machine: string): Promise<Identity> {
  const identity = { appId: `crypto-lake:${randomUUID()}:${source}`, machine };
  await writeDurably(join(folder, FILE), `${JSON.stringify(identity)}\n`);
  return identity;
}

const FILE = 'identity.json';
