import { hostname } from 'node:os';

/** What `coverage` calls us where several machines collect: with a part of the spool's id, since images share host names. */
export function machineName(appId: string): string {
  return `${hostname()}-${appId.split(':')[1]?.slice(0, 8)}`;
}
