/** Has the file system of the lake hard links? Locks and commits are made with them: they exist whole, or not at all. */
import { randomUUID } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { refusalReason } from '../../base/disk-errors.ts';
import { writeSynced } from '../../base/durable/write-synced.ts';
import type { Check } from '../check.ts';
import { existingPart } from './lake-writable.ts';

/** @param makeLink a test passes one that refuses as a file system without links does. */
export function hardLinks(lake: string, makeLink: typeof link = link): Check {
  return {
    name: 'hard links',
    async run() {
      const folder = await existingPart(lake);
      const path = join(folder, `.doctor-${randomUUID()}.tmp`);
      try {
        await writeSynced(path, '');
      } catch {
        return { status: 'skipped', text: 'the lake cannot be written' };
      }
      try {
        await makeLink(path, `${path}.link`);
        return { status: 'ok', text: 'the file system has hard links' };
      } catch (error) {
        return {
          status: 'fail',
          text: `${folder} has no hard links: ${refusalReason(error)}`,
          fix: 'put the lake on a file system that has them (ext4, xfs, btrfs, APFS, NTFS) with `--lake`',
        };
      } finally {
        await rm(`${path}.link`, { force: true });
        await rm(path, { force: true });
      }
    },
  };
}
