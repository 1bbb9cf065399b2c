/** What tells this machine from others: systemd's machine id, or the host's name where there is none. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export function machineId(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim();
    if (/^[0-9a-f]{32}$/.test(id)) return id;
  } catch {
    // No systemd here.
  }
  return hostname();
}
