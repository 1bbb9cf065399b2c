/** Is the newest checkpoint young? Without one, opening a table reads every commit since the first. */
import { checkpointInterval } from '../../delta/format/table-properties.ts';
import { type Check, mergeResults } from '../check.ts';
import type { OpenedTables } from './opened-tables.ts';

/** Checkpoints that upkeep may miss before it is said. */
const MISSED_CHECKPOINTS = 5;

export function checkpointAge(tables: () => Promise<OpenedTables>, fix: string): Check {
  return {
    name: 'checkpoints',
    async run() {
      const { opened } = await tables();
      return mergeResults(
        opened.map(({ name, table }) => {
          const commits = table.version - (table.checkpointVersion ?? -1);
          const text = `${name} ${commits.toLocaleString('en')} commits ago`;
          const isOld = commits > checkpointInterval(table.snapshot.metadata) * MISSED_CHECKPOINTS;
          return isOld ? { status: 'warn', text, fix } : { status: 'ok', text };
        }),
        'the lake has no tables yet',
      );
    },
  };
}
