/**
 * Who writes: the Delta `appId` of one source of one lake on one machine. It is stable for ever, since every appId
 * stays in the tables' state. A copy of the spool on another machine stores what is left in it under the old name,
 * so that the tables' `txn` keeps rows single, and takes a name of its own for what it collects itself.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/write-file-atomic.ts';
import { readLastSegment } from '../segments/last-segment.ts';
import { segmentNumber } from '../segments/segment-file.ts';

export interface Identity {
  readonly appId: string;
  readonly machine: string;
  /** Under which names segments up to which number were begun on other machines, ascending. */
  readonly earlier?: ReadonlyArray<{ readonly appId: string; readonly lastSegment: number }>;
}

const FILE = 'identity.json';

/**
 * The identity of `folder` on this machine, made when there is none or another machine's. Call it with the lock held,
 * before the spool is opened.
 */
export async function openIdentity(folder: string, source: string, machine: string): Promise<Identity> {
  await mkdir(folder, { recursive: true });
  const known = await readIdentity(folder);
  const segments = (await readdir(folder)).map(segmentNumber).filter((segment) => segment !== undefined);
  const before = known?.machine === machine ? known.earlier : await withOldName(folder, known, segments);
  // A name whose segments are all stored is of no more use.
  const earlier =
    before?.filter(({ lastSegment }) => segments.some((segment) => segment <= lastSegment)) ?? [];
  const appId = known?.machine === machine ? known.appId : `crypto-lake:${randomUUID()}:${source}`;
  const identity: Identity = { appId, machine, ...(earlier.length === 0 ? {} : { earlier }) };
  const text = JSON.stringify(identity);
  if (text !== JSON.stringify(known)) await writeFileAtomic(join(folder, FILE), `${text}\n`);
  return identity;
}

/** Under which name a segment has to be stored, also when an earlier try began to. */
export function appIdOf({ appId, earlier }: Identity, segment: number): string {
  return earlier?.find(({ lastSegment }) => segment <= lastSegment)?.appId ?? appId;
}

async function readIdentity(folder: string): Promise<Identity | undefined> {
  try {
    const value = JSON.parse(await readFile(join(folder, FILE), 'utf8')) as Partial<Identity> | null;
    if (typeof value?.appId === 'string' && typeof value.machine === 'string') {
      const { appId, machine, earlier } = value;
      return { appId, machine, ...(Array.isArray(earlier) ? { earlier } : {}) };
    }
  } catch {
    // Not there yet, or damaged: a new identity is always safe, for segments are numbered above all that is known.
  }
  return undefined;
}

async function withOldName(
  folder: string,
  known: Identity | undefined,
  segments: readonly number[],
): Promise<Identity['earlier']> {
  if (known === undefined) return [];
  const lastSegment = Math.max(0, ...segments, await readLastSegment(folder));
  return [...(known.earlier ?? []), { appId: known.appId, lastSegment }];
}
