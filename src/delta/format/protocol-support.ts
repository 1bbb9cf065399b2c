/**
 * What this library reads and writes. Reading a table with a feature that we do not know would give wrong rows, so it
 * is refused by the feature's name. Source: Delta protocol, "Table Features", "Reader/Writer Version Requirements".
 */
import { LakeError } from '../../base/errors.ts';
import type { Metadata, Protocol } from '../log/actions.ts';

const READABLE: ReadonlySet<string> = new Set([
  'deletionVectors',
  'columnMapping',
  'timestampNtz',
  'v2Checkpoint',
  'vacuumProtocolCheck',
]);
const WRITABLE: ReadonlySet<string> = new Set(['appendOnly', 'invariants']);

const MAPPING_MODE = 'delta.columnMapping.mode';
const MAPPING_MODES: ReadonlySet<string> = new Set(['none', 'name', 'id']);

/** @throws LakeError TABLE_UNSUPPORTED naming the version or the feature. */
export function checkReadable(protocol: Protocol, metadata: Metadata, location: string): void {
  const { minReaderVersion, readerFeatures = [] } = protocol;
  if (minReaderVersion > 3) throw unsupported(location, `reader version ${minReaderVersion}`, 'read');
  const feature = minReaderVersion === 3 ? readerFeatures.find((name) => !READABLE.has(name)) : undefined;
  if (feature !== undefined) throw unsupported(location, `the feature \`${feature}\``, 'read');
  const mapping = metadata.configuration[MAPPING_MODE] ?? 'none';
  if (!MAPPING_MODES.has(mapping)) throw unsupported(location, `column mapping by \`${mapping}\``, 'read');
  const { provider } = metadata.format;
  if (provider !== 'parquet') throw unsupported(location, `files of the format \`${provider}\``, 'read');
}

/** @throws LakeError TABLE_UNSUPPORTED naming what stands in the way. */
export function checkWritable(protocol: Protocol, metadata: Metadata, location: string): void {
  const { minReaderVersion, minWriterVersion, writerFeatures = [], readerFeatures = [] } = protocol;
  const obstacle =
    (minReaderVersion > 1 && minReaderVersion < 3 && `reader version ${minReaderVersion}`) ||
    (minWriterVersion > 2 && minWriterVersion !== 7 && `writer version ${minWriterVersion}`) ||
    (minWriterVersion === 7 && feature(writerFeatures.find((name) => !WRITABLE.has(name)))) ||
    feature(readerFeatures[0]) ||
    configured(metadata) ||
    inSchema(metadata.schemaString);
  if (obstacle) throw unsupported(location, obstacle, 'write');
}

function feature(name: string | undefined): string | false {
  return name !== undefined && `the feature \`${name}\``;
}

function configured({ configuration }: Metadata): string | undefined {
  const mapping = configuration[MAPPING_MODE];
  if (mapping !== undefined && mapping !== 'none') return 'column mapping';
  const constraint = Object.keys(configuration).find((key) => key.startsWith('delta.constraints.'));
  return constraint && `the constraint \`${constraint.slice('delta.constraints.'.length)}\``;
}

function inSchema(schemaString: string): string | undefined {
  const found = ['delta.invariants', 'delta.generationExpression', 'delta.identity.'].find((key) =>
    schemaString.includes(`"${key}`),
  );
  return found && `\`${found.replace(/\.$/, '')}\` in its schema`;
}

function unsupported(location: string, what: string, verb: 'read' | 'write'): LakeError {
  return new LakeError(
    'TABLE_UNSUPPORTED',
    `the table \`${location}\` needs ${what}, which crypto-lake cannot ${verb}`,
    {
      hint: 'use the engine that made the table, or rewrite it without that feature',
    },
  );
}
