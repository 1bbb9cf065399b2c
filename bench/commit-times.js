import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Seconds from the time in `column` of each row until it could be queried: when its file's commit was in the log. */
export async function commitTimes(lake, table, column) {
  const log = join(lake, table, '_delta_log');
  const commits = new Map();
  for (const name of readdirSync(log).filter((name) => name.endsWith('.json'))) {
    const path = join(log, name);
    for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
      const { add } = JSON.parse(line);
      if (add) commits.set(decodeURIComponent(add.path), statSync(path).mtimeMs);
    }
  }
  const times = [];
  const connection = await (await DuckDBInstance.create()).connect();
  for (const [file, committedAtMs] of commits) {
    const reader = await connection.runAndReadAll(
      `SELECT epoch_us(${column})::DOUBLE FROM read_parquet('${join(lake, table, file)}')`,
    );
    for (const [atUs] of reader.getRowsJS()) times.push(committedAtMs / 1000 - atUs / 1e6);
  }
  connection.closeSync();
  return times;
}
