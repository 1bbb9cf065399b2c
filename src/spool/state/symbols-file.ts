/** The symbols that are in the tables, as upkeep saw them last: for completion, which must not open a table. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/durable/write-file-atomic.ts';

const FILE = 'symbols.json';

/** @param folder the folder of all spools of a lake. */
export async function readSymbols(folder: string): Promise<string[]> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, FILE), 'utf8'));
    return Array.isArray(value) ? value.filter((symbol) => typeof symbol === 'string') : [];
  } catch {
    return [];
  }
}

export function saveSymbols(folder: string, symbols: readonly string[]): Promise<void> {
  return writeFileAtomic(join(folder, FILE), `${JSON.stringify(symbols)}\n`);
}
