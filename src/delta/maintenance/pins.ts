/**
 * Versions that somebody wants to read again: vacuum and log clean-up keep what they need. A pin is a small file in the
 * table's hidden folder `_pins`, which other engines leave alone; they do not know what it asks for.
 */
import { LakeError } from '../../base/errors.ts';
import { parseJson } from '../log/json.ts';
import type { TableStore } from '../store/table-store.ts';

const FOLDER = '_pins';

/** @param owner a name of letters, digits, `-` and `_`; one owner pins one version of a table. */
export async function pinVersion(store: TableStore, owner: string, version: number): Promise<void> {
  await store.put(pinName(owner), Buffer.from(`${JSON.stringify({ version })}\n`));
}

/** One that is not there is not an error. */
export async function unpinVersion(store: TableStore, owner: string): Promise<void> {
  await store.delete(pinName(owner));
}

/** @returns pinned versions, rising. @throws LakeError TABLE_DAMAGED for a pin that cannot be read: nothing is removed then. */
export async function pinnedVersions(store: TableStore): Promise<number[]> {
  const versions = new Set<number>();
  for (const name of await store.listNames(FOLDER)) {
    if (!name.endsWith('.json')) continue;
    const bytes = await store.read(name);
    // It was unpinned meanwhile.
    if (bytes === undefined) continue;
    const version = versionIn(Buffer.from(bytes).toString());
    if (version === undefined) throw damagedPin(store, name);
    versions.add(version);
  }
  return [...versions].sort((a, b) => a - b);
}

function versionIn(text: string): number | undefined {
  try {
    const { version } = (parseJson(text) ?? {}) as { version?: unknown };
    return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
  } catch {
    return undefined;
  }
}

function pinName(owner: string): string {
  if (!/^[\w-]{1,128}$/.test(owner)) throw new TypeError(`${owner} is no name for a pin`);
  return `${FOLDER}/${owner}.json`;
}

function damagedPin(store: TableStore, name: string): LakeError {
  return new LakeError(
    'TABLE_DAMAGED',
    `the pin \`${name}\` of the table \`${store.location}\` cannot be read`,
    {
      hint: 'remove it if nobody needs the version that it kept',
    },
  );
}
