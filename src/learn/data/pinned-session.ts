/** A session over some tables of the lake at given versions, and nothing else. */

import { LakeError } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import { listTables } from '../../lake/lake-catalog.ts';
import { openTable } from '../../lake/open-table.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import { LakeSession, type SessionTable } from '../../query/session/lake-session.ts';

/** Version by table; undefined for a table that is not there. */
export type DataVersions = Readonly<Record<string, number>>;

export interface PinnedSession {
  readonly session: LakeSession;
  readonly versions: DataVersions;
}

export interface PinnedSessionOptions {
  readonly lake: string;
  readonly memoryBytes: number;
  readonly tables: readonly string[];
  /** The newest ones when not given. */
  readonly versions?: DataVersions | undefined;
}

/** @throws LakeError TABLE_…, VERSION_NOT_FOUND. */
export async function openPinnedSession(options: PinnedSessionOptions): Promise<PinnedSession> {
  const starting = LakeSession.start(options.memoryBytes);
  try {
    const tables = await openTables(options);
    const session = await starting;
    const absent = LAKE_TABLES.filter(
      ({ name }) => options.tables.includes(name) && !tables.some((table) => table.name === name),
    );
    await session.show({ tables, absent, views: [] });
    return {
      session,
      versions: Object.fromEntries(tables.map(({ name, snapshot }) => [name, snapshot.version])),
    };
  } catch (error) {
    await starting.then((session) => session.close()).catch(() => undefined);
    throw error;
  }
}

async function openTables({ lake, tables, versions }: PinnedSessionOptions): Promise<SessionTable[]> {
  const there = await listTables(lake, []);
  return Promise.all(
    tables
      .filter((name) => there.includes(name) && (versions === undefined || versions[name] !== undefined))
      .map(async (name) => {
        const table = await openTable(joinLocation(lake, name), { isForQueries: true });
        const version = versions?.[name];
        const snapshot = version === undefined ? table.snapshot : await snapshotAt(name, version, table);
        return { name, store: table.store, snapshot, files: [...snapshot.files.values()], isTrusted: false };
      }),
  );
}

async function snapshotAt(name: string, version: number, table: Awaited<ReturnType<typeof openTable>>) {
  try {
    return await table.snapshotAt(version);
  } catch (error) {
    if (!(error instanceof LakeError) || error.code !== 'VERSION_NOT_FOUND') throw error;
    throw new LakeError(
      'VERSION_NOT_FOUND',
      `version ${version} of \`${name}\`, which the run was trained on, is not there any more`,
      { hint: 'versions are kept as long as the model is: `crypto-lake models list`', cause: error },
    );
  }
}
