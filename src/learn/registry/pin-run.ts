/** Keeps the table versions that a run was trained on, so that it can be repeated, and lets them go with its model. */
import { joinLocation } from '../../base/location.ts';
import { pinVersion, unpinVersion } from '../../delta/maintenance/pins.ts';
import { openTable } from '../../lake/open-table.ts';
import type { DataVersions } from '../data/pinned-session.ts';

export async function pinRun(lake: string, run: string, versions: DataVersions): Promise<void> {
  for (const [name, version] of Object.entries(versions)) {
    const { store } = await openTable(joinLocation(lake, name));
    await pinVersion(store, run, version);
  }
}

export async function unpinRun(lake: string, run: string, versions: DataVersions): Promise<void> {
  for (const name of Object.keys(versions)) {
    const { store } = await openTable(joinLocation(lake, name));
    await unpinVersion(store, run);
  }
}
