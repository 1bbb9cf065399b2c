/** `crypto-lake tables NAME`: what a table is. For a person two tables, for a program one list of facts. */

import { printable } from '../../base/printable.ts';
import { sizeText } from '../../base/size.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import { describeTable, type TableDescription } from '../../delta/maintenance/describe.ts';
import { chooseFormat } from '../../output/choose-format.ts';
import { openRowWriter } from '../../output/open-row-writer.ts';
import { withSink } from '../../output/with-sink.ts';
import { wrapText } from '../../output/wrap-text.ts';
import type { Flags } from '../context.ts';
import type { Io } from '../io.ts';
import { outputOptions } from '../output-flags.ts';
import { printRows } from '../print-rows.ts';

/** `value` is a column's type, or the text of a fact. */
const COLUMNS = {
  section: 'name',
  name: 'name',
  value: 'prose',
  nullable: 'boolean',
  partition: 'boolean',
  clustered: 'boolean',
} as const;

const MAX_TEXT_CHARS = 2000;

interface Fact {
  readonly section: 'table' | 'files' | 'protocol' | 'property';
  readonly name: string;
  readonly value: string | number | undefined;
  readonly isBytes?: true;
}

/** @param clusterBy what upkeep will sort by, shown while no file is sorted yet. */
export async function showDescription(
  io: Io,
  flags: Flags,
  snapshot: Snapshot,
  clusterBy: readonly string[],
): Promise<void> {
  const description = withClustering(describeTable(snapshot), clusterBy);
  const facts = factsOf(description).filter(({ value }) => value !== undefined && value !== '');
  if (chooseFormat(outputOptions(flags), io) !== 'table') {
    const none = { nullable: null, partition: null, clustered: null };
    return printRows(io, flags, COLUMNS, [
      ...description.columns.map(({ name, type, nullable, isPartition, isClustered }) => ({
        section: 'column',
        name,
        value: type,
        nullable,
        partition: isPartition,
        clustered: isClustered,
      })),
      ...facts.map(({ section, name, value }) => ({ section, name, value: String(value), ...none })),
    ]);
  }
  await withSink(outputOptions(flags), io, async (sink) => {
    const about = description.description;
    if (about)
      await sink.write(
        `${wrapText(printable(about, MAX_TEXT_CHARS), io.stdout.columns || 80).join('\n')}\n\n`,
      );
    const table = async (names: readonly string[], rows: readonly (readonly string[])[]) => {
      const fit = Object.fromEntries(
        names.map((name, index) => [name, index === 0 ? 'whole' : 'wrap'] as const),
      );
      const writer = await openRowWriter('table', names, sink, outputOptions(flags), io, fit);
      await writer.rows(rows);
      await writer.end();
    };
    await table(
      ['column', 'type', 'notes'],
      description.columns.map((column) => [column.name, column.type, notesOf(column)]),
    );
    await sink.write('\n');
    await table(
      ['fact', 'value'],
      facts
        .filter(({ name }) => name !== 'description')
        .map(({ name, value, isBytes }) => [name, isBytes ? sizeText(Number(value)) : String(value)]),
    );
  });
}

function withClustering(description: TableDescription, clusterBy: readonly string[]): TableDescription {
  if (description.clusterColumns.length > 0) return description;
  const columns = description.columns.map((column) => ({
    ...column,
    isClustered: clusterBy.includes(column.name),
  }));
  return { ...description, clusterColumns: clusterBy, columns };
}

function notesOf({ nullable, isPartition, isClustered }: TableDescription['columns'][number]): string {
  const notes = [
    isPartition ? 'partition' : '',
    isClustered ? 'clustered' : '',
    nullable ? '' : 'never null',
  ];
  return notes.filter((note) => note !== '').join(', ');
}

function factsOf(table: TableDescription): readonly Fact[] {
  const { files } = table;
  const share = `${Math.floor(100 * files.clusteredShare)} % of the bytes`;
  return [
    { section: 'table', name: 'description', value: table.description },
    { section: 'table', name: 'id', value: table.id },
    { section: 'table', name: 'version', value: table.version },
    { section: 'table', name: 'partitioned by', value: table.partitionColumns.join(', ') },
    { section: 'table', name: 'clustered by', value: table.clusterColumns.join(', ') },
    {
      section: 'files',
      name: 'clustered already',
      value: table.clusterColumns.length > 0 ? share : undefined,
    },
    { section: 'files', name: 'files', value: files.count },
    { section: 'files', name: 'rows', value: files.rows },
    { section: 'files', name: 'bytes', value: files.bytes, isBytes: true },
    { section: 'files', name: 'smallest file', value: files.smallest, isBytes: true },
    { section: 'files', name: 'median file', value: files.median, isBytes: true },
    { section: 'files', name: 'largest file', value: files.largest, isBytes: true },
    { section: 'protocol', name: 'reader version', value: table.minReaderVersion },
    { section: 'protocol', name: 'writer version', value: table.minWriterVersion },
    { section: 'protocol', name: 'features', value: table.features.join(', ') },
    ...Object.entries(table.properties).map(([name, value]): Fact => ({ section: 'property', name, value })),
  ];
}
