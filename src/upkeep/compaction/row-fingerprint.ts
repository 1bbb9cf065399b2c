/**
 * Count and hash of rows while they flow through a query, so that the rows that are rewritten are read only once. The
 * order of rows does not matter; their number and every value does.
 */
import {
  BOOLEAN,
  type DuckDBConnection,
  DuckDBScalarFunction,
  type DuckDBUBigIntVector,
  quotedIdentifier,
  UBIGINT,
} from '@duckdb/node-api';
import { parquetList } from '../../parquet/parquet-list.ts';

const TAP = 'crypto_lake_tap';

export interface Fingerprint {
  readonly rows: bigint;
  /** The sum of the hashes of all rows: it knows how often a row comes, which an exclusive or does not. */
  readonly hash: bigint;
}

export class RowFingerprint implements Fingerprint {
  #rows = 0n;
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

/** The fingerprint of all rows in files, by reading them back. */
export async function storedFingerprint(
  connection: DuckDBConnection,
  files: readonly { readonly path: string }[],
  columns: readonly string[],
): Promise<Fingerprint> {
  const paths = parquetList(files.map(({ path }) => path));
  const result = await connection.runAndReadAll(
    `SELECT count(*)::VARCHAR, coalesce(sum(${rowHash(columns)}::HUGEINT), 0)::VARCHAR FROM read_parquet(${paths}, hive_partitioning = false)`,
  );
  const [rows, hash] = (result.getRows()[0] ?? []).map((cell) => BigInt(String(cell)));
  return { rows: rows ?? 0n, hash: hash ?? 0n };
}

/** The hash of a row in SQL. */
function rowHash(columns: readonly string[]): string {
  return `hash(${columns.map(quotedIdentifier).join(', ')})`;
}
