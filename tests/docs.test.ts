import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

  it('has a map of every folder of the code, and a tour of one frame through files that are there', () => {
    const readme = readFileSync('README.md', 'utf8');
    const folders = readdirSync('src').filter((name) => !readme.includes(`\`src/${name}\``));
    expect(folders).toEqual([]);
    const [tour = ''] = /To follow one liquidation:[\s\S]*?\n\n/.exec(readme) ?? [];
    const files = [...tour.matchAll(/`([\w/-]+\.ts)`/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((file) => !existsSync(`src/${file}`))).toEqual([]);
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
