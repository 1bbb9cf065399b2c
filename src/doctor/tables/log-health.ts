/** Are the logs whole: every table opens, no commit is missing, each checkpoint says what the commits say? */

import { messageOf } from '../../base/errors.ts';
import { verifyLog } from '../../delta/log/verify-log.ts';
import { type Check, type CheckResult, mergeResults } from '../check.ts';
import type { OpenedTable, OpenedTables } from './opened-tables.ts';

/** @param verify the command that looks deeper into a table. */
export function logHealth(tables: () => Promise<OpenedTables>, verify: (table: string) => string): Check {
  return {
    name: 'logs',
    async run(signal) {
      const { opened, failed } = await tables();
      const results: CheckResult[] = failed.map(({ name, error }) => ({
        status: 'fail',
        text: `${name} cannot be opened: ${error.message}`,
        fix: error.hint ?? verify(name),
      }));
      // It reads the checkpoints; without it each of them would look broken.
      const missing = await import('@duckdb/node-api').then(
        () => undefined,
        (error: unknown) => messageOf(error),
      );
      if (missing !== undefined)
        return mergeResults(results, 'checkpoints cannot be looked at while DuckDB does not load');
      for (const table of opened) results.push(await lookAt(table, verify, signal));
      return mergeResults(results, 'the lake has no tables yet');
    },
  };
}

async function lookAt(
  { name, table }: OpenedTable,
  verify: (table: string) => string,
  signal: AbortSignal,
): Promise<CheckResult> {
  const damage = (await verifyLog(table, signal)).filter(({ severity }) => severity === 'damage');
  const [first] = damage;
  if (first === undefined) return { status: 'ok', text: `${name} whole at version ${table.version}` };
  const more = damage.length > 1 ? `, and ${damage.length - 1} more` : '';
  return {
    status: 'fail',
    text: `${name}: ${first.file}: ${first.message}${more}`,
    fix: `${verify(name)} tells all of it; bring the named files back from a backup`,
  };
}
