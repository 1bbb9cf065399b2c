/** A list in the format that a request asks for, by the writers of `read`. */
import { readFile, rm } from 'node:fs/promises';
import { quotedIdentifier, quotedString } from '@duckdb/node-api';
import { LakeError } from '../base/errors.ts';
import { cellsOf } from '../output/json-rows.ts';
import { parquetType } from '../output/parquet-type.ts';
import type { Sink } from '../output/sink.ts';
import { csvWriter, ndjsonWriter } from '../output/text-writers.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import type { ResultTable } from '../questions/result-table.ts';

export const ANSWER_FORMATS = ['json', 'ndjson', 'csv', 'arrow', 'parquet'] as const;
export type AnswerFormat = (typeof ANSWER_FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<AnswerFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
};

const BY_MEDIA_TYPE: Readonly<Record<string, AnswerFormat>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'text/html': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'text/csv': 'csv',
  'application/vnd.apache.arrow.stream': 'arrow',
  'application/vnd.apache.parquet': 'parquet',
};

/** `format` first, then `Accept` by its weights. @throws LakeError FORMAT_UNSUPPORTED. */
export function chooseAnswerFormat(format: string | undefined, accept: string | undefined): AnswerFormat {
  if (format !== undefined) {
    const named = ANSWER_FORMATS.find((name) => name === format);
    if (named) return named;
    throw unsupported(format);
  }
  if (accept === undefined || accept.trim() === '') return 'json';
  const wanted = accept
    .slice(0, 1000)
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.trim().toLowerCase().split(';');
      const weight = parameters.map((text) => /^\s*q=([\d.]+)\s*$/.exec(text)?.[1]).find(Boolean);
      return { type: type.trim(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ type, weight }) => weight > 0 && BY_MEDIA_TYPE[type] !== undefined)
    .sort((a, b) => b.weight - a.weight);
  const [best] = wanted;
  const chosen = best && BY_MEDIA_TYPE[best.type];
  if (chosen) return chosen;
  throw unsupported(accept);
}

function unsupported(what: string): LakeError {
  return new LakeError('FORMAT_UNSUPPORTED', `there is no format \`${what.slice(0, 60)}\``, {
    hint: `ask for one of ${ANSWER_FORMATS.join(', ')} by \`?format=\` or \`Accept\``,
  });
}

/** Rows alone, in every format but JSON, whose envelope is the caller's. */
export async function formatRows(
  rows: ResultTable,
  format: Exclude<AnswerFormat, 'json'>,
  reader: LakeReader,
  signal: AbortSignal,
): Promise<Buffer> {
  if (format === 'parquet') return parquetOf(rows, reader, signal);
  const chunks: Uint8Array[] = [];
  const sink: Sink = {
    async write(bytes) {
      chunks.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    },
  };
  if (format === 'arrow') {
    const { arrowWriter } = await import('../output/arrow-writer.ts');
    const writer = arrowWriter(rows.names, rows.types, sink);
    if (rows.rowCount > 0) await writer.batch(rows.columns, rows.rowCount);
    await writer.end();
  } else {
    const writer = format === 'csv' ? csvWriter(rows.names, sink) : ndjsonWriter(rows.names, sink);
    await writer.rows(cellsOf(rows));
    await writer.end();
  }
  return Buffer.concat(chunks);
}

let files = 0;

/** DuckDB writes it: rows are appended to a table of their types, and copied out. */
async function parquetOf(
  { names, types, columns, rowCount }: ResultTable,
  reader: LakeReader,
  signal: AbortSignal,
): Promise<Buffer> {
  const name = `answer_${files++}`;
  const path = reader.scratchFile(`${name}.parquet`);
  try {
    await reader.use(signal, async (connection) => {
      const list = names.map((column, index) => `${quotedIdentifier(column)} ${types[index]}`);
      await connection.run(`CREATE TEMP TABLE ${name} (${list.join(', ')})`);
      try {
        const appender = await connection.createAppender(name, null, 'temp');
        for (let row = 0; row < rowCount; row++) {
          for (const [index, column] of columns.entries())
            appender.appendValue(column[row] ?? null, types[index]);
          appender.endRow();
        }
        appender.closeSync();
        const casts = names.map((column, index) => {
          const quoted = quotedIdentifier(column);
          const type = types[index];
          return type === undefined ? quoted : `CAST(${quoted} AS ${parquetType(type)}) AS ${quoted}`;
        });
        await connection.run(
          `COPY (SELECT ${casts.join(', ')} FROM ${name}) TO ${quotedString(path)} (FORMAT parquet, COMPRESSION zstd)`,
        );
      } finally {
        await connection.run(`DROP TABLE IF EXISTS ${name}`);
      }
    });
    return await readFile(path);
  } finally {
    await rm(path, { force: true });
  }
}
