/**
 * Which minutes a lake owes, by symbol: from the moment it was first watched. Kept beside the spool, so that neither a
 * kill before the first row nor a long stop makes a hole that nobody looks for. What is known to be there is not looked
 * at again; what no source answered is asked for again with growing pauses.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MinuteRange } from '../../bars/plan-holes.ts';
import { writeFileAtomic } from '../../base/durable/write-file-atomic.ts';
import { systemCodeOf } from '../../base/errors.ts';
import { jsonFields } from '../../base/json-fields.ts';

/** Minutes that were asked for and not answered. */
export interface OpenHole extends MinuteRange {
  readonly tries: number;
  readonly nextTryUs: number;
}

export interface DueSymbol {
  /** Every minute before it is stored, or is an open hole. */
  checkedUs: number;
  openHoles: OpenHole[];
  /** By the delay of a re-read in milliseconds: minutes before it were read again. */
  rereadUs: Record<string, number>;
  /** Of a symbol that is no longer watched: minutes from here on are not owed. */
  untilUs?: number;
  /** Of a venue that is asked only: minutes before it were, and answered, with bars or without. */
  askedUs?: number;
  /** It was not looked yet whether a backfill ended shortly before. */
  isNew?: true;
}

const FILE = 'due.json';

/** By `MARKET:SYMBOL`. */
export type DueMinutes = Map<string, DueSymbol>;

/** @throws whatever the disk has against it: taken for nothing, what is owed would be forgotten. */
export async function readDue(folder: string): Promise<DueMinutes> {
  const text = await readFile(join(folder, FILE), 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return '';
    throw error;
  });
  const fields = jsonFields(text);
  const due: DueMinutes = new Map();
  for (const [key, value] of Object.entries(fields)) {
    const { checkedUs, openHoles, rereadUs, untilUs, askedUs, isNew } = (value ?? {}) as Partial<DueSymbol>;
    if (typeof checkedUs !== 'number') continue;
    due.set(key, {
      checkedUs,
      openHoles: Array.isArray(openHoles) ? openHoles : [],
      rereadUs: { ...rereadUs },
      ...(typeof untilUs === 'number' ? { untilUs } : {}),
      ...(typeof askedUs === 'number' ? { askedUs } : {}),
      ...(isNew === true ? { isNew } : {}),
    });
  }
  return due;
}

export async function writeDue(folder: string, due: DueMinutes): Promise<void> {
  await writeFileAtomic(join(folder, FILE), `${JSON.stringify(Object.fromEntries(due))}\n`);
}
