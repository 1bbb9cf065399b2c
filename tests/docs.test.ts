import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dotenvExample, errorCodesTable, settingsTable } from '../src/config/describe-settings.ts';
import { LAKE_TABLES } from '../src/lake/registry.ts';

/** `UPDATE_DOCS=1 npx vitest run tests/docs.test.ts` writes what the tests expect. */
const update = process.env.UPDATE_DOCS === '1';

describe('the documentation', () => {
  it('has an .env.example that is made from the declared settings', () => {
    if (update) writeFileSync('.env.example', dotenvExample());
    expect(readFileSync('.env.example', 'utf8')).toBe(dotenvExample());
  });

  it.each([
    ['settings', settingsTable()],
    ['error codes', errorCodesTable()],
    ['tables', tablesTable()],
  ])('has a README table of %s that is made from the code', (name, table) => {
    const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(\n<!-- /${name} -->)`);
    const readme = readFileSync('README.md', 'utf8');
    if (update)
      writeFileSync(
        'README.md',
        readme.replace(marked, (_, start, end) => start + table + end),
      );
    expect(readFileSync('README.md', 'utf8')).toContain(`<!-- ${name} -->\n${table}\n<!-- /${name} -->`);
  });
});

function tablesTable(): string {
  const names = (columns: readonly string[]) => columns.map((column) => `\`${column}\``).join(', ');
  const rows = LAKE_TABLES.map(({ name, description, partitionBy, clusterBy, timeColumn }) => {
    const partition =
      partitionBy.join() === 'date' && timeColumn !== 'date'
        ? `\`date\` of \`${timeColumn}\``
        : names(partitionBy);
    return `| \`${name}\` | ${description} | ${partition} | ${names(clusterBy)} |`;
  });
  return ['| Table | What it has | Partition | Sorted by |', '|---|---|---|---|', ...rows].join('\n');
}
