/** `~` in a path, as a shell expands it: `.env`, systemd and cron know no shell. */
import { homedir } from 'node:os';

/** @throws RangeError for `~name`, whose folder only a shell knows. */
export function expandHome(path: string): string {
  if (!path.startsWith('~')) return path;
  if (path === '~' || path.startsWith('~/')) return homedir() + path.slice(1);
  throw new RangeError(
    'must be a path; of `~` only `~/…` is understood (write `./~…` for a folder of that name)',
  );
}
