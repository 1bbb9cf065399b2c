/** What a lake holds, by way of the program itself: `read --sql` and `tables --verify`. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PROGRAM } from './collector.js';

/** Calls `take` with each row of a query. */
export async function readRows(lake, sql, take) {
  const child = spawn(
    process.execPath,
    [PROGRAM, 'read', '--lake', lake, '--format', 'ndjson', '--sql', sql],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) if (line) take(JSON.parse(line));
  const code = await ended;
  if (code !== 0) throw new Error(`read ended with ${code}: ${sql}`);
}

export async function rowsOf(lake, sql) {
  const rows = [];
  await readRows(lake, sql, (row) => rows.push(row));
  return rows;
}

/** @returns undefined, or what is wrong with the table. */
export async function verify(lake, table) {
  const child = spawn(process.execPath, [PROGRAM, 'tables', '--verify', table, '--lake', lake], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-2000);
    });
  const code = await new Promise((resolve) => child.on('close', resolve));
  return code === 0 ? undefined : `\`tables --verify ${table}\` ended with ${code}: ${said}`;
}
