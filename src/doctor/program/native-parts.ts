/** Do the parts load that are machine code, and do they work? A package that was installed for another platform does not. */
import { messageOf } from '../../base/errors.ts';
import type { Check } from '../check.ts';

/** Loads a part and lets it do something small. @returns its version. */
export type NativePart = () => Promise<string>;

/** Imported when the check runs, so that nothing but `doctor` pays for them. */
const NATIVE_PARTS: Readonly<Record<string, NativePart>> = {
  Polars: async () => {
    const { default: pl } = await import('nodejs-polars');
    const sum = pl
      .DataFrame({ value: [1, 2] })
      .getColumn('value')
      .sum();
    if (sum !== 3) throw new Error(`it adds 1 and 2 to ${sum}`);
    return pl.version;
  },
  DuckDB: async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      const rows = await connection.runAndReadAll('SELECT version()');
      return String(rows.getRows()[0]?.[0]);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  },
};

export function nativeParts(parts: Readonly<Record<string, NativePart>> = NATIVE_PARTS): Check {
  return {
    name: 'native parts',
    async run() {
      const loaded: string[] = [];
      for (const [name, load] of Object.entries(parts)) {
        try {
          loaded.push(`${name} ${await load()}`);
        } catch (error) {
          return {
            status: 'fail',
            text: `${name} does not load: ${messageOf(error).split('\n')[0]}`,
            fix: `run \`npm ci\` in the folder of crypto-lake, on this machine (${process.platform} ${process.arch})`,
          };
        }
      }
      return { status: 'ok', text: `${loaded.join(' and ')} work` };
    },
  };
}
