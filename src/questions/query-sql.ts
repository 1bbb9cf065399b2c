/** SQL of a user: the judge and the sandbox of `read --sql`, with bounds. */
import { LakeError } from '../base/errors.ts';
import type { LakeSession } from '../query/session/lake-session.ts';
import { openSession } from '../query/session/open-session.ts';
import { checkedStatement } from '../query/session/sql-guard.ts';
import type { OpenTables, Pin } from './open-tables.ts';
import type { ResultTable } from './result-table.ts';
import type { SqlSessions } from './sql-sessions.ts';

export interface SqlQuestion {
  readonly lake: string;
  readonly sql: string;
  readonly limit: number;
  readonly pin: Pin;
  readonly memoryBytes: number;
  readonly sessions: Pick<SqlSessions, 'use'>;
  readonly tables: OpenTables;
  readonly signal: AbortSignal;
}

export interface SqlAnswer {
  readonly rows: ResultTable;
  /** Versions of the tables that were opened. */
  readonly versions: Readonly<Record<string, number>>;
  readonly isTruncated: boolean;
}

/** @throws LakeError SQL_…, QUERY_FAILED, TIMED_OUT, SERVER_BUSY, TABLE_…. */
export function querySql(question: SqlQuestion): Promise<SqlAnswer> {
  return question.sessions.use(question.signal, (started) => answer(question, started));
}

async function answer(
  { lake, sql, limit, pin, memoryBytes, tables, signal }: SqlQuestion,
  started: Promise<LakeSession>,
): Promise<SqlAnswer> {
  const versions: Record<string, number> = {};
  const session = await openSession({
    lake,
    sql,
    memoryBytes,
    started,
    opened: (name) => tables.newest(name),
    asOf:
      pin.kind === 'version'
        ? { version: pin.version }
        : pin.kind === 'time'
          ? { timeMs: pin.timeMs }
          : undefined,
    onTable: ({ name, version }) => {
      versions[name] = version;
    },
  });
  return { ...(await run(session, sql, limit, signal)), versions };
}

async function run(session: LakeSession, sql: string, limit: number, signal: AbortSignal) {
  const interrupt = () => session.connection.interrupt();
  signal.addEventListener('abort', interrupt);
  try {
    const statement = await checkedStatement(session.connection, sql);
    const result = await statement.stream();
    const names = result.deduplicatedColumnNames();
    const columns: unknown[][] = names.map(() => []);
    let rowCount = 0;
    while (rowCount <= limit) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      rowCount += chunk.rowCount;
      for (const [index, values] of chunk.getColumns().entries()) columns[index]?.push(...values);
    }
    if (signal.aborted) throw timedOut();
    const isTruncated = rowCount > limit;
    const rows: ResultTable = {
      names,
      types: result.columnTypes(),
      columns: columns.map((column) => column.slice(0, limit)) as ResultTable['columns'],
      rowCount: Math.min(rowCount, limit),
    };
    return { rows, isTruncated };
  } catch (error) {
    throw signal.aborted ? timedOut() : session.errorOf(error);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

function timedOut(): LakeError {
  return new LakeError('TIMED_OUT', 'the query took too long and was ended', {
    hint: 'ask for less: a shorter time, or fewer columns',
  });
}
