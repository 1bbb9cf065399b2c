/**
 * Deletion vectors as a function of SQL: whether a row is still there, by its number in the file. A bit a row in memory,
 * and looked up while a file is read: as lists in SQL, a million of them take seconds and gigabytes.
 */
import {
  BIGINT,
  BOOLEAN,
  type DuckDBBigIntVector,
  type DuckDBConnection,
  type DuckDBIntegerVector,
  DuckDBScalarFunction,
  INTEGER,
} from '@duckdb/node-api';
import { readLocalFile } from '../../base/read-local-file.ts';
import { type ReadOutside, readDeletionVector } from '../../delta/format/deletion-vector.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { TableStore } from '../../delta/store/table-store.ts';

/** The sets of one connection. A long-lived one keeps each that it met. */
class DeletedRows {
  readonly name: string;
  readonly #sets: Uint8Array[] = [];
  readonly #known = new Map<string, number>();

  constructor(connection: DuckDBConnection) {
    // Connections of one instance share their functions, and each knows other sets.
    this.name = `crypto_lake_kept_${++registered}`;
    connection.registerScalarFunction(
      DuckDBScalarFunction.create({
        name: this.name,
        parameterTypes: [INTEGER, BIGINT],
        returnType: BOOLEAN,
        mainFunction: (_info, input, output) => {
          const sets = input.getColumnVector(0) as DuckDBIntegerVector;
          const rows = input.getColumnVector(1) as DuckDBBigIntVector;
          for (let at = 0; at < input.rowCount; at++) {
            const bits = this.#sets[sets.getItem(at) ?? -1];
            const row = Number(rows.getItem(at));
            output.setItem(at, ((bits?.[Math.floor(row / 8)] ?? 0) & (1 << (row & 7))) === 0);
          }
          output.flush();
        },
      }),
    );
  }

  async setOf(store: TableStore, add: AddFile, readOutside: ReadOutside | undefined): Promise<number> {
    const key = JSON.stringify([store.location, add.path, add.deletionVector]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const rows = await readDeletionVector(store, add, readOutside);
    const index = this.#sets.push(rows?.bits ?? new Uint8Array()) - 1;
    this.#known.set(key, index);
    return index;
  }
}

let registered = 0;
const ofConnection = new WeakMap<DuckDBConnection, DeletedRows>();

/**
 * @param mayLeave whether a vector may lie outside of the table's folder.
 * @returns SQL that calls the function: `set` is what is returned for a file.
 * @throws LakeError TABLE_DAMAGED, TABLE_UNSUPPORTED.
 */
export async function keptRows(
  connection: DuckDBConnection,
  store: TableStore,
  adds: readonly AddFile[],
  mayLeave: boolean,
): Promise<{ readonly name: string; readonly sets: readonly number[] }> {
  let deleted = ofConnection.get(connection);
  if (deleted === undefined) {
    deleted = new DeletedRows(connection);
    ofConnection.set(connection, deleted);
  }
  const sets: number[] = [];
  for (const add of adds) sets.push(await deleted.setOf(store, add, mayLeave ? readLocalFile : undefined));
  return { name: deleted.name, sets };
}
