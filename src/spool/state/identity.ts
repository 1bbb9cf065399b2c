/**
 * Who writes: the Delta `appId` of one source of one lake on one machine. It is stable for ever, since every appId
 * stays in the tables' state. A copy of the spool on another machine stores what is left in it under the old name,
 * so that the tables' `txn` keeps rows single, and takes a name of its own for what it collects itself.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refusalReason } from '../../base/disk-errors.ts';
import { writeFileAtomic } from '../../base/durable/write-file-atomic.ts';
import { LakeError, systemCodeOf } from '../../base/errors.ts';
import { readLastSegment } from '../segments/last-segment.ts';
import { segmentNumber } from '../segments/segment-file.ts';
import { setAside } from '../segments/set-aside.ts';

export interface Identity {
  readonly appId: string;
  readonly machine: string;
  /** Under which names segments up to which number were begun before, ascending. */
  readonly earlier?: ReadonlyArray<{ readonly appId: string; readonly lastSegment: number }>;
}

const FILE = 'identity.json';

/**
 * The identity of `folder` on this machine, made when there is none or another machine's. Call it with the lock held,
 * before the spool is opened. When the file is damaged, nobody knows under which name the segments of the folder were
 * stored, if they were: they are set aside, and `crypto-lake spool --take-back` stores what the tables lack.
 *
 * @throws LakeError LAKE_UNWRITABLE when the file is there and cannot be read.
 */
export async function openIdentity(folder: string, source: string, machine: string): Promise<Identity> {
  await mkdir(folder, { recursive: true });
  const known = await readIdentity(folder);
  if (known === 'damaged') await setAsideAll(folder);
  const segments = await segmentsIn(folder);
  if (known === 'damaged' || known === undefined || known.machine !== machine) {
    const earlier = typeof known === 'object' ? await withOldName(folder, known, segments) : [];
    return keep(folder, { appId: newAppId(source), machine, earlier }, segments);
  }
  return keep(folder, known, segments);
}

/** A new name for all segments from `firstSegment` on: the tables know such numbers of the old one already. */
export async function renewIdentity(
  folder: string,
  source: string,
  known: Identity,
  firstSegment: number,
): Promise<Identity> {
  const earlier = [...(known.earlier ?? []), { appId: known.appId, lastSegment: firstSegment - 1 }];
  const renewed = { appId: newAppId(source), machine: known.machine, earlier };
  return keep(folder, renewed, await segmentsIn(folder));
}

/** Under which name a segment has to be stored, also when an earlier try began to. */
export function appIdOf({ appId, earlier }: Identity, segment: number): string {
  return earlier?.find(({ lastSegment }) => segment <= lastSegment)?.appId ?? appId;
}

function newAppId(source: string): string {
  return `crypto-lake:${randomUUID()}:${source}`;
}

async function keep(folder: string, identity: Identity, segments: readonly number[]): Promise<Identity> {
  const { appId, machine } = identity;
  // A name whose segments are all stored is of no more use.
  const earlier = (identity.earlier ?? []).filter(({ lastSegment }) =>
    segments.some((segment) => segment <= lastSegment),
  );
  const kept: Identity = { appId, machine, ...(earlier.length === 0 ? {} : { earlier }) };
  const text = `${JSON.stringify(kept)}\n`;
  const path = join(folder, FILE);
  if (text !== (await readFile(path, 'utf8').catch(() => ''))) await writeFileAtomic(path, text);
  return kept;
}

async function readIdentity(folder: string): Promise<Identity | 'damaged' | undefined> {
  const path = join(folder, FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw new LakeError('LAKE_UNWRITABLE', `\`${path}\` cannot be read: ${refusalReason(error)}`, {
      hint: 'it says under which name segments are stored; make it readable, and start again',
      cause: error,
    });
  }
  try {
    const value = JSON.parse(text) as Partial<Identity> | null;
    if (typeof value?.appId === 'string' && typeof value.machine === 'string') {
      const { appId, machine, earlier } = value;
      return { appId, machine, ...(Array.isArray(earlier) ? { earlier } : {}) };
    }
  } catch {
    // Damaged, as what is no identity.
  }
  return 'damaged';
}

async function setAsideAll(folder: string): Promise<void> {
  for (const segment of await segmentsIn(folder)) await setAside(folder, segment, 'superseded');
}

async function segmentsIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).map(segmentNumber).filter((segment) => segment !== undefined);
}

async function withOldName(
  folder: string,
  known: Identity,
  segments: readonly number[],
): Promise<NonNullable<Identity['earlier']>> {
  const lastSegment = Math.max(0, ...segments, await readLastSegment(folder));
  return [...(known.earlier ?? []), { appId: known.appId, lastSegment }];
}
