/**
 * Looks whether a log is whole: no commit is missing or broken, and each checkpoint says what the commits before it add
 * up to. The log is replayed once; where its beginning was cleaned up, from the first checkpoint on.
 */
import { messageOf } from '../../base/errors.ts';
import type { DeltaTable } from '../delta-table.ts';
import { rowCountOf } from '../format/stats.ts';
import { canonicalJson, parseJson } from './json.ts';
import { readCheckpoint, readCommit } from './load-snapshot.ts';
import { LOG_FOLDER, parseLogPath } from './log-path.ts';
import { LogReplay } from './log-replay.ts';
import { type Checkpoint, completeCheckpoints } from './log-segment.ts';

export interface LogFinding {
  readonly severity: 'damage' | 'note';
  readonly file: string;
  readonly message: string;
}

export async function verifyLog(table: DeltaTable, signal: AbortSignal): Promise<LogFinding[]> {
  const findings: LogFinding[] = [];
  const { store, version } = table;
  const paths = (await store.listNames(LOG_FOLDER)).map(parseLogPath).filter((path) => path !== undefined);
  const commits = new Map(
    paths.flatMap((path) => (path.kind === 'commit' ? [[path.version, path.name] as const] : [])),
  );
  const checkpoints = completeCheckpoints(paths);
  const [oldestCommit = version] = [...commits.keys()].sort((a, b) => a - b);
  const oldestCheckpoint = checkpoints[0]?.version ?? version;
  // What the commits so far add up to; undefined where that can no longer be known.
  let state: LogReplay | undefined = oldestCommit === 0 ? new LogReplay() : undefined;
  for (let next = Math.min(oldestCommit, oldestCheckpoint); next <= version; next++) {
    signal.throwIfAborted();
    const name = commits.get(next);
    if (name !== undefined) {
      try {
        state?.apply(await readCommit(store, name));
      } catch (error) {
        findings.push(damage(name, messageOf(error)));
        state = undefined;
      }
    } else {
      if (next > oldestCommit) findings.push(damage(LOG_FOLDER, `commit ${next} is missing`));
      state = undefined;
    }
    for (const checkpoint of checkpoints.filter((candidate) => candidate.version === next)) {
      const { problems, read } = await checkCheckpoint(table, checkpoint, state);
      findings.push(...problems);
      state ??= read;
    }
  }
  return findings;
}

async function checkCheckpoint(
  { store, checkpoints }: DeltaTable,
  checkpoint: Checkpoint,
  expected: LogReplay | undefined,
): Promise<{ problems: LogFinding[]; read: LogReplay | undefined }> {
  const [file = ''] = checkpoint.names;
  const read = new LogReplay();
  try {
    read.apply(await readCheckpoint(store, { checkpoints }, checkpoint));
  } catch (error) {
    return { problems: [damage(file, `it cannot be read: ${firstLine(error)}`)], read: undefined };
  }
  if (expected === undefined) return { problems: [], read };
  return { problems: differences(read, expected).map((message) => damage(file, message)), read };
}

/** What makes a checkpoint another table than the commits. Removed files expire, so it may lack those. */
function differences(read: LogReplay, expected: LogReplay): string[] {
  const found: string[] = [];
  const lacking = [...expected.files.keys()].filter((key) => !read.files.has(key));
  const surplus = [...read.files.keys()].filter((key) => !expected.files.has(key));
  if (lacking.length > 0)
    found.push(`it lacks ${lacking.length} files of the commits, first \`${lacking[0]}\``);
  if (surplus.length > 0)
    found.push(`it has ${surplus.length} files that the commits do not, first \`${surplus[0]}\``);
  for (const [key, add] of expected.files) {
    const other = read.files.get(key);
    if (other === undefined) continue;
    if (BigInt(other.size) !== BigInt(add.size)) found.push(`it has another size for \`${key}\``);
    if (canonicalJson(plainValues(other)) !== canonicalJson(plainValues(add)))
      found.push(`it has other partition values for \`${key}\``);
    // Statistics may be left out of a checkpoint, or be kept in columns of their own.
    if (other.stats !== undefined && add.stats !== undefined && rowCountOf(other) !== rowCountOf(add))
      found.push(`it has another number of rows for \`${key}\``);
  }
  const keepsTxns = expected.metadata?.configuration['delta.setTransactionRetentionDuration'] === undefined;
  for (const [appId, { version }] of expected.txns) {
    const other = read.txns.get(appId);
    if (other === undefined ? keepsTxns : BigInt(other.version) !== BigInt(version))
      found.push(`it has another last transaction of \`${appId}\``);
  }
  if (canonicalJson(definition(read)) !== canonicalJson(definition(expected)))
    found.push('it has other metadata or another protocol');
  return found;
}

/** An empty text is null to every engine. */
function plainValues({
  partitionValues,
}: {
  readonly partitionValues: Readonly<Record<string, string | null>>;
}) {
  return Object.fromEntries(
    Object.entries(partitionValues).map(([key, value]) => [key, value === '' ? null : value]),
  );
}

function definition({ metadata, protocol }: LogReplay): unknown {
  return {
    id: metadata?.id,
    schema: metadata && parseJson(metadata.schemaString),
    partitionColumns: metadata?.partitionColumns,
    configuration: metadata?.configuration,
    reader: protocol?.minReaderVersion,
    writer: protocol?.minWriterVersion,
    readerFeatures: [...(protocol?.readerFeatures ?? [])].sort(),
    writerFeatures: [...(protocol?.writerFeatures ?? [])].sort(),
  };
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? '';
}

function damage(file: string, message: string): LogFinding {
  return { severity: 'damage', file, message };
}
