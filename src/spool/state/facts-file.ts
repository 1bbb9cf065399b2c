/** What a venue said beside its data, kept over restarts. A damaged file says nothing: the venue will say it again. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/durable/write-file-atomic.ts';
import type { Facts } from '../../base/facts.ts';
import { jsonFields } from '../../base/json-fields.ts';

const FILE = 'facts.json';

/** @param folder of the source. */
export async function readFacts(folder: string): Promise<Facts> {
  return jsonFields(await readFile(join(folder, FILE), 'utf8').catch(() => ''));
}

export function writeFacts(folder: string, facts: Facts): Promise<void> {
  return writeFileAtomic(join(folder, FILE), `${JSON.stringify(facts)}\n`);
}
