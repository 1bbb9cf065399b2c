/** What tells this machine from others: systemd's machine id, or the host's name where there is none. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A container that was given no name has a new one at each start: as an identity it would leave one behind each time. */
const RANDOM_NAME = /^[0-9a-f]{12}$/;

export function machineId(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim();
    if (/^[0-9a-f]{32}$/.test(id)) return id;
  } catch {
    // No systemd here.
  }
  const name = hostname();
  return RANDOM_NAME.test(name) ? 'container' : name;
}
