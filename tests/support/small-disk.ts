/** A real disk of a few megabytes, where mounting is allowed. */
import { execFileSync } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface SmallDisk {
  readonly path: string;
  /** Leaves not a byte. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

const CHUNK = Buffer.alloc(65_536, 1);

/**
 * Mounted at `path` until the test ends; where mounting is not allowed the test is skipped, and says why.
 *
 * @param skip of the test's context.
 */
export async function smallDisk(
  skip: (reason: string) => never,
  path: string,
  sizeMiB: number,
): Promise<SmallDisk> {
  await mkdir(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${Math.round(sizeMiB * 1024)}k`, 'tmpfs', path], {
      stdio: 'ignore',
    });
  } catch {
    return skip('it needs the right to mount a tmpfs');
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', path]));
  const ballast = join(path, 'ballast');
  return {
    path,
    async fill() {
      const file = await open(ballast, 'a');
      try {
        for (let size = CHUNK.length; size > 0; size >>= 1) {
          try {
            for (;;) await file.writeFile(CHUNK.subarray(0, size));
          } catch {
            // Full for pieces of this size.
          }
        }
      } finally {
        await file.close();
      }
    },
    free: () => rm(ballast),
  };
}

/** Makes a folder read-only, also for root, until the function that it returns is called. */
export function readOnly(folder: string): () => void {
  execFileSync('mount', ['--bind', folder, folder]);
  execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
  return () => void execFileSync('umount', [folder]);
}
