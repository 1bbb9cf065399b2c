/** Is every file that a table names there, with its size? What stands in it only `tables --verify` looks at. */
import { posix } from 'node:path';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { locateFile } from '../../delta/format/file-path.ts';
import { type Check, type CheckResult, mergeResults } from '../check.ts';
import type { OpenedTables } from './opened-tables.ts';

/** @param verify the command that looks deeper into a table. */
export function dataFiles(tables: () => Promise<OpenedTables>, verify: (table: string) => string): Check {
  return {
    name: 'data files',
    async run() {
      const { opened } = await tables();
      return mergeResults(
        await Promise.all(opened.map(({ name, table }) => lookAt(name, table, verify))),
        'the lake has no tables yet',
      );
    },
  };
}

async function lookAt(
  name: string,
  { store, snapshot }: DeltaTable,
  verify: (table: string) => string,
): Promise<CheckResult> {
  const listing = await store.list('', { recursive: true, followLinks: true });
  const sizes = new Map(listing.map((entry) => [entry.name, entry.sizeBytes]));
  const files = [...snapshot.files.values()];
  const wrong = files.filter(({ path, size }) => {
    const location = locateFile(path);
    return location.kind !== 'absolute' && sizes.get(posix.normalize(location.name)) !== Number(size);
  });
  const [first] = wrong;
  if (first === undefined) return { status: 'ok', text: `${name} ${files.length.toLocaleString('en')}` };
  const more = wrong.length > 1 ? `, and ${wrong.length - 1} more` : '';
  return {
    status: 'fail',
    text: `${name}: \`${first.path}\` is not there, or not whole${more}`,
    fix: `${verify(name)} tells all of it; bring the named files back from a backup`,
  };
}
