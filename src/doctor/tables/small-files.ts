/** Do small files pile up? Each costs more to open than to read; upkeep merges those of finished hours. */
import { waitingForUpkeep } from '../../upkeep/upkeep-due.ts';
import { type Check, mergeResults } from '../check.ts';
import type { OpenedTables } from './opened-tables.ts';

/** A commit a minute leaves 60 an hour; so many mean that nobody has merged for long. */
const MANY = 500;

export function smallFiles(tables: () => Promise<OpenedTables>, fix: string): Check {
  return {
    name: 'small files',
    async run() {
      const { opened } = await tables();
      return mergeResults(
        opened.map(({ name, table }) => {
          const count = waitingForUpkeep(table.snapshot).length;
          const text = `${name} ${count.toLocaleString('en')}`;
          return count > MANY ? { status: 'warn', text, fix } : { status: 'ok', text };
        }),
        'the lake has no tables yet',
      );
    },
  };
}
