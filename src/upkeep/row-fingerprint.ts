/**
 * Count and hash of rows while they flow through a query, so that the rows that are rewritten are read only once. The
 * order of rows does not matter; their number and every value does.
 */
import type { DuckDBConnection, DuckDBUBigIntVector } from '@duckdb/node-api';
import { BOOLEAN, DuckDBScalarFunction, quotedIdentifier, UBIGINT } from '../duckdb.ts';

const TAP = 'crypto_lake_tap';

export class RowFingerprint {
  #rows = 0n;
  /** Of the hashes of all rows: a sum knows how often a row comes, which an exclusive or does not. */
  #hash = 0n;

  /** @param connection the one whose queries are tapped. */
  constructor(connection: DuckDBConnection) {
    connection.registerScalarFunction(
      DuckDBScalarFunction.create({
        name: TAP,
        parameterTypes: [UBIGINT],
        returnType: BOOLEAN,
        // Else DuckDB would call it once for equal hashes.
        volatile: true,
        mainFunction: (_info, input, output) => {
          const hashes = input.getColumnVector(0) as DuckDBUBigIntVector;
          const { rowCount } = input;
          let sum = 0n;
          for (let row = 0; row < rowCount; row++) {
            sum += hashes.getItem(row) ?? 0n;
            output.setItem(row, true);
          }
          output.flush();
          this.#rows += BigInt(rowCount);
          this.#hash += sum;
        },
      }),
    );
  }

  /** A relation of the same rows that tells this fingerprint of each as it passes. */
  tapped(source: string, columns: readonly string[]): string {
    return `(SELECT * FROM ${source} WHERE ${TAP}(${rowHash(columns)}))`;
  }

  get rows(): bigint {
    return this.#rows;
  }

  get hash(): bigint {
    return this.#hash;
  }
}

/** The hash of a row in SQL. */
export function rowHash(columns: readonly string[]): string {
  return `hash(${columns.map(quotedIdentifier).join(', ')})`;
}
