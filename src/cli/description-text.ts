/** What a table is beside its columns, as lines for a person. */
import type { TableDescription } from '../delta/describe.ts';
import { printable } from '../printable.ts';

const MAX_TEXT = 500;

export function descriptionText({
  description,
  version,
  files,
  partitionColumns,
  clusterColumns,
  minReaderVersion,
  minWriterVersion,
  features,
  properties,
}: TableDescription): string[] {
  const { count, rows, bytes, smallest, median, largest, clusteredShare } = files;
  const rowText = rows === undefined ? 'rows not counted' : `${rows.toLocaleString('en')} rows`;
  const lines = [
    ...(description ? [description] : []),
    `version ${version}: ${count} files, ${megabytes(bytes)}, ${rowText}`,
  ];
  if (count > 0)
    lines.push(
      `a file has ${megabytes(smallest)} to ${megabytes(largest)}, half have at most ${megabytes(median)}`,
    );
  if (clusterColumns.length > 0)
    lines.push(
      `${Math.round(clusteredShare * 100)} % of the bytes are sorted by ${clusterColumns.join(', ')}`,
    );
  lines.push(
    partitionColumns.length > 0 ? `partitioned by ${partitionColumns.join(', ')}` : 'not partitioned',
  );
  const needed = features.length > 0 ? `, features ${features.join(', ')}` : '';
  lines.push(`protocol: reader ${minReaderVersion}, writer ${minWriterVersion}${needed}`);
  for (const [key, value] of Object.entries(properties).sort()) lines.push(`${key} = ${value}`);
  return lines.map((line) => printable(line, MAX_TEXT));
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
}
