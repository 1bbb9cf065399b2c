/** `crypto-lake read`: SQL over the lake; saved analyses; without anything, an overview of what is stored. */
import { readFile } from 'node:fs/promises';
import { didYouMean } from '../../base/did-you-mean.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import { parseAsOf, parseMoment } from '../../base/time-text.ts';
import { type AskedTime, askedSql } from '../../lake/asked-sql.ts';
import { NAMED_QUERIES } from '../../lake/registry.ts';
import type { NamedQuery } from '../../lake/table.ts';
import { writeResult } from '../../output/write-result.ts';
import { interruptible } from '../../query/session/interruptible.ts';
import type { LakeSession } from '../../query/session/lake-session.ts';
import { openSession } from '../../query/session/open-session.ts';
import { checkedStatement, errorOfThePast } from '../../query/session/sql-guard.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import type { Io } from '../io.ts';
import { outputOptions } from '../output-flags.ts';
import { printRows } from '../print-rows.ts';
import { showProgress } from '../progress.ts';
import { pipedText, readStdin } from '../read-stdin.ts';
import { scratchPlaces } from '../scratch-places.ts';
import { sqlText } from '../sql-text.ts';

export const read: Command = async (context, flags, args) => {
  const { io } = context;
  if (flags.list === true) {
    return printRows(
      io,
      flags,
      { name: 'name', title: 'prose' },
      NAMED_QUERIES.map(({ name, title }) => ({ name, title })),
    );
  }
  if (flags.interactive === true) {
    const { readInteractive } = await import('./read-interactive.ts');
    return readInteractive(context, flags, {
      open: (sql) => sessionFor(context, flags, sql),
      run: runSql,
    });
  }
  const nowMs = Date.now();
  const asked: AskedTime = {
    sinceMs: typeof flags.since === 'string' ? parseMoment(flags.since, nowMs) : undefined,
    nowMs: flags.asOf === undefined ? nowMs : undefined,
  };
  const sql = await requestedSql(io, flags, args, asked);
  if (flags.showSql === true) {
    for (const line of (
      sql ??
      analysisOf(flags)
        .map((query) => askedSql(query.sql, asked))
        .join(';\n\n')
    ).split('\n'))
      io.print(line);
    return;
  }
  const plot = flags.plot === undefined ? undefined : await import('../../charts/plot/write-plot.ts');
  plot?.checkPlotFile(String(flags.plot));
  const session = await sessionFor(context, flags, sql).catch((error: unknown) => {
    throw flags.asOf === undefined ? error : errorOfThePast(error);
  });
  try {
    if (plot)
      await plot.writePlot(
        String(flags.plot),
        (line) => io.say(line),
        { session, ...asked, signal: context.signal },
        sql,
      );
    else if (sql !== undefined) await runSql(context, flags, session, sql);
    else {
      const { showAnalysis } = await import('../show/show-analysis.ts');
      await showAnalysis({ session, ...context, flags, ...asked, queries: analysisOf(flags) });
    }
  } catch (error) {
    throw flags.asOf === undefined ? error : errorOfThePast(error);
  } finally {
    await session.close();
  }
};

async function runSql(
  { io, signal }: CommandContext,
  flags: Flags,
  session: LakeSession,
  sql: string,
): Promise<void> {
  const statement = await interruptible(session, signal, () => checkedStatement(session.connection, sql));
  const progress = showProgress(io, () => {
    // What DuckDB guesses, in percent; less than 0 when it cannot tell. Its counts of rows are those of files.
    const { percentage } = session.connection.progress;
    return { share: percentage < 0 ? undefined : percentage / 100 };
  });
  const onShow = () => progress.stop();
  const options = outputOptions(flags);
  const rowCount = await interruptible(session, signal, () =>
    writeResult({ source: session, statement, sql, options, target: io, onShow }),
  ).finally(onShow);
  if (rowCount !== undefined && io.stdout.isTTY)
    io.say(rowCount === 0 ? 'no rows' : `${rowCount.toLocaleString('en')} rows`);
  for (const { name, error } of session.broken) io.say(`${name} cannot be read: ${error.message}`);
}

/** @param sql undefined for a session that is asked more than one query. */
function sessionFor(
  { config, io, verbosity }: CommandContext,
  flags: Flags,
  sql: string | undefined,
): Promise<LakeSession> {
  return openSession({
    lake: config.lake,
    asOf: typeof flags.asOf === 'string' ? parseAsOf(flags.asOf, Date.now()) : undefined,
    mounts: flags.table as readonly string[],
    memoryBytes: config.memory,
    scratchPlaces: scratchPlaces(config),
    sql,
    onTable: ({ name, version, files, toRead }) => {
      if (verbosity > 0) io.say(`${name}: version ${version}, ${files} files, ${toRead} to read`);
    },
  });
}

/** @returns undefined when an overview is wanted. @throws LakeError USAGE. */
async function requestedSql(
  io: Io,
  flags: Flags,
  args: readonly string[],
  asked: AskedTime,
): Promise<string | undefined> {
  const [name] = args;
  if (flags.sql === '-' || flags.file === '-') return withoutSince(await readStdin(), asked);
  if (typeof flags.sql === 'string') return withoutSince(flags.sql, asked);
  if (typeof flags.file === 'string') return withoutSince(await readSqlFile(flags.file), asked);
  if (name !== undefined) return askedSql(namedQuery(name).sql, asked);
  if (flags.coverage === true) return undefined;
  const piped = await pipedText(() =>
    io.say('nothing came on stdin: here is the overview. `--sql -` waits for a query'),
  );
  return piped === undefined || piped.trim() === '' ? undefined : withoutSince(piped, asked);
}

/** Only our own queries know where a time belongs. */
function withoutSince(sql: string, { sinceMs }: AskedTime): string {
  if (sinceMs === undefined) return sql;
  throw new LakeError('USAGE', '`--since` is for saved analyses and the overview', {
    hint: 'write the time into the query: `WHERE trade_time > now() - INTERVAL 2 HOUR`',
  });
}

function analysisOf(flags: Flags): readonly NamedQuery[] {
  if (flags.coverage !== true) return NAMED_QUERIES;
  return NAMED_QUERIES.filter(
    ({ name }) => name === 'coverage' || name === 'coverage-gaps' || name === 'missed-frames',
  );
}

function namedQuery(name: string): NamedQuery {
  const found = NAMED_QUERIES.find((query) => query.name === name);
  if (found) return found;
  throw new LakeError('USAGE', `there is no saved analysis \`${name.slice(0, 60)}\``, {
    hint: didYouMean(
      name,
      NAMED_QUERIES.map((query) => query.name),
    ),
  });
}

async function readSqlFile(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new LakeError('USAGE', `the file \`${path}\` cannot be read: ${messageOf(error)}`, {
      hint: 'name a file with one SQL query',
    });
  }
  return sqlText(bytes, `the file \`${path}\``);
}
