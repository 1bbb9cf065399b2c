import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../src/base/split-statements.ts';
import { complete } from '../../src/cli/prompt/complete.ts';
import { HistoryFile } from '../../src/cli/prompt/history-file.ts';
import { temporaryFolder } from '../support/program.ts';

describe('a statement', () => {
  it.each([
    ['SELECT 1', []],
    ['SELECT 1;', ['SELECT 1']],
    ['SELECT 1; ; SELECT\n  2 ;', ['SELECT 1', 'SELECT 2']],
    [`SELECT ';' AS "a;b";`, [`SELECT ';' AS "a;b"`]],
    ["SELECT 'it''s;';", ["SELECT 'it''s;'"]],
    ["SELECT E'it\\'s;';", ["SELECT E'it\\'s;'"]],
    ["SELECT DATE'2026-11-21';", ["SELECT DATE'2026-11-21'"]],
    ['SELECT $a$ ; $$ ; $a$, 1;', ['SELECT $a$ ; $$ ; $a$, 1']],
    ['SELECT 1 -- one;\n, /* two; */ 2;', ['SELECT 1 , 2']],
    ["SELECT 'open;", []],
    ['SELECT 1 /* open;', []],
    ['SELECT $$ open;', []],
  ])('ends at a `;` that is not quoted: %j', (text, statements) => {
    expect(splitStatements(text).statements).toEqual(statements);
  });

  it('waits with what has no end yet, but not for a comment alone', () => {
    expect(splitStatements('SELECT 1; SELECT\n2').rest).toBe(' SELECT\n2');
    expect(splitStatements('SELECT 1 /* open;').rest).toBe('SELECT 1 /* open;');
    expect(splitStatements('/* open').rest).toBe('/* open');
    expect(splitStatements('SELECT 1; -- done\n ').rest).toBe('');
  });
});

describe('completion', () => {
  const vocabulary = {
    tables: new Map([
      ['liquidation', ['symbol', 'side']],
      ['prices', ['symbol', 'last_price']],
    ]),
    keywords: ['select', 'from'],
    functions: ['sum', 'sumkahan'],
  };
  it.each([
    ['', 'SEL', ['SELECT']],
    ['', 'sel', ['select']],
    ['', 'SELECT su', ['sum(', 'sumkahan(']],
    ['', 'SELECT s', ['select', 'side', 'symbol']],
    ['', 'SELECT * FROM ', ['liquidation', 'prices']],
    ['', 'SELECT * FROM LIQ', ['LIQuidation']],
    ['', 'SELECT prices.l', ['last_price']],
    ['SELECT x FROM prices', 'WHERE s', ['select', 'symbol']],
    ['SELECT x FROM prices p', 'WHERE p.s', ['symbol']],
    ['', '.sch', ['.schema']],
    ['', '.schema pr', ['prices']],
    ['', '.format t', ['table']],
    ['SELECT 1', '.sch', []],
  ])('after %j of %j', (before, line, hits) => {
    expect(complete(line, before, vocabulary, ['table', 'csv'])[0]).toEqual(hits);
  });
});

describe('the history', () => {
  it('is kept for this user alone, newest first, without repeats, one line an entry', async () => {
    const state = await temporaryFolder();
    const file = join(state, 'crypto-lake', 'history');
    const history = new HistoryFile({ XDG_STATE_HOME: state });
    history.add('one;');
    history.add("two '\n  lines';");
    history.add("two ' lines';");
    expect(await readFile(file, 'utf8')).toBe("one;\ntwo ' lines';\n");
    await chmod(file, 0o644);
    expect(new HistoryFile({ XDG_STATE_HOME: state }).entries).toEqual(["two ' lines';", 'one;']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is bounded', async () => {
    const state = await temporaryFolder();
    const file = join(state, 'crypto-lake', 'history');
    await mkdir(join(state, 'crypto-lake'));
    await writeFile(file, Array.from({ length: 2001 }, (_, i) => `${i};\n`).join(''));
    const { entries } = new HistoryFile({ XDG_STATE_HOME: state });
    expect([entries.length, entries[0], entries.at(-1)]).toEqual([1000, '2000;', '1001;']);
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(1001);
  });

  it('is none, and never an error, where it cannot be kept', async () => {
    const blocked = join(await temporaryFolder(), 'file');
    await writeFile(blocked, '');
    const history = new HistoryFile({ XDG_STATE_HOME: blocked });
    history.add('SELECT 1;');
    expect(history.entries).toEqual(['SELECT 1;']);
    expect(new HistoryFile({ XDG_STATE_HOME: 'relative' }).path).not.toContain('relative');
  });
});
