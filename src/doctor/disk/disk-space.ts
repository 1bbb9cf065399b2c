/** How long the disk lasts at the rate at which the lake grows. */
import { statfs } from 'node:fs/promises';
import { sizeText } from '../../base/size.ts';
import type { Check } from '../check.ts';
import type { OpenedTables } from '../tables/opened-tables.ts';
import { growthBytesPerDay } from './growth.ts';
import { existingPart } from './lake-writable.ts';

/** Compaction needs room for a second copy of a day. */
const LEAST_FREE_BYTES = 512 * 2 ** 20;
const FAIL_DAYS = 3;
const WARN_DAYS = 30;

export interface DiskSpaceOptions {
  readonly lake: string;
  readonly tables: () => Promise<OpenedTables>;
  readonly nowMs: number;
  /** Bytes that we may still write there; a test passes a small disk. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  /** What to do: a command that frees room. */
  readonly fix: string;
}

export function diskSpace({ lake, tables, nowMs, freeBytes = freeOn, fix }: DiskSpaceOptions): Check {
  return {
    name: 'disk',
    async run() {
      const free = await freeBytes(await existingPart(lake));
      const { opened } = await tables().catch(() => ({ opened: [] }));
      const perDay = growthBytesPerDay(
        opened.map(({ table }) => table.snapshot),
        nowMs,
      );
      const days = perDay === undefined || perDay === 0 ? Number.POSITIVE_INFINITY : free / perDay;
      const text = `${sizeText(free)} free${growthText(perDay, days)}`;
      if (free < LEAST_FREE_BYTES || days < FAIL_DAYS) return { status: 'fail', text, fix };
      return days < WARN_DAYS ? { status: 'warn', text, fix } : { status: 'ok', text };
    },
  };
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize, ffree, files } = await statfs(folder);
  // Some file systems run out of names before they run out of room.
  return files > 0 && ffree === 0 ? 0 : bavail * bsize;
}

function growthText(perDay: number | undefined, days: number): string {
  if (perDay === undefined) return '; how fast the lake grows is not measured yet';
  if (!Number.isFinite(days)) return '; the lake did not grow in the last week';
  const left =
    days > 3650 ? 'more than ten years left' : `${Math.floor(days).toLocaleString('en')} days left`;
  return `; the lake grows by ${sizeText(perDay)} a day: ${left}`;
}
