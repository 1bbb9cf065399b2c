/** Compaction of a lake's `liquidation` table in a process of its own, by us and by delta-rs, on clones of one lake. */
import { join } from 'node:path';
import { cloneLake, liveFiles } from './data.js';
import { measure, PROGRAM } from './measure.js';

/** `crypto-lake compact`, start to exit. */
export function compactByOurs(clone, args = []) {
  return compared(clone, (lake) =>
    measure(process.execPath, [PROGRAM, 'compact', '--quiet', '--lake', lake, ...args]),
  );
}

/** Our compaction as it would be so many hours from now: an hour later small files are merged, days later all is sorted. */
export function compactByOursIn({ here }, clone, hours) {
  return compared(clone, (lake) =>
    measure(process.execPath, [join(here, 'ours', 'compact-at.js'), lake, String(hours)]),
  );
}

/** @param args of `peers/compact.py`. */
export function compactByDeltaRs({ python, here }, clone, ...args) {
  return compared(clone, (lake) =>
    measure(python, [join(here, 'peers', 'compact.py'), join(lake, 'liquidation'), ...args]),
  );
}

async function compared({ from, to }, run) {
  const before = await liveFiles(from);
  const { seconds, peakMiB } = await run(cloneLake(from, to));
  const { files, megabytes, rows } = await liveFiles(to);
  if (rows !== before.rows || files >= before.files)
    throw new Error(`${to}: ${before.rows} rows in ${before.files} files became ${rows} in ${files}`);
  return { seconds, 'peak MiB': peakMiB, 'result MB': megabytes, 'result files': files };
}
