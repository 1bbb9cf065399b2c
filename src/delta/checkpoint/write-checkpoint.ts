/**
 * Writes checkpoints: the whole state at a version in one file, proved against the snapshot before it counts.
 * Source: Delta protocol, "Checkpoints". Order: checkpoint durable, then the hint.
 */
import { LakeError } from '../../base/errors.ts';
import type { DeltaTable } from '../delta-table.ts';
import { checkWritable } from '../format/protocol-support.ts';
import { checkpointInterval, deletedFileRetentionMs } from '../format/table-properties.ts';
import type { Action } from '../log/actions.ts';
import { canonicalJson } from '../log/json.ts';
import { lastCheckpointText } from '../log/last-checkpoint.ts';
import { checkpointName, LAST_CHECKPOINT } from '../log/log-path.ts';
import type { Snapshot } from '../log/snapshot.ts';
import type { StepHook } from '../store/table-store.ts';
import { CHECKPOINT_FIELDS } from './checkpoint-schema.ts';

export interface CheckpointOptions {
  readonly nowMs: number;
  /** Write one although none is due. */
  readonly force?: boolean;
  readonly step?: StepHook;
}

/**
 * @returns the version that was written, or undefined when none is due.
 * @throws LakeError TABLE_DAMAGED (nothing was changed), TABLE_UNSUPPORTED.
 */
export async function writeCheckpoint(
  table: DeltaTable,
  { nowMs, force, step = () => undefined }: CheckpointOptions,
): Promise<number | undefined> {
  const snapshot = await table.refresh();
  const { version, metadata, protocol } = snapshot;
  checkWritable(protocol, metadata, table.store.location);
  const since = version - (table.checkpointVersion ?? -1);
  if (since === 0 || (force !== true && since < checkpointInterval(metadata))) return undefined;
  const actions = checkpointActions(snapshot, nowMs);
  const name = checkpointName(version);
  const bytes = await table.checkpoints.encode(actions);
  prove(await table.checkpoints.readActions(bytes, name), actions, version);
  await step('checkpoint:proved');
  await table.store.put(name, bytes);
  table.noteCheckpoint(version);
  await step('checkpoint:written');
  const hint = {
    version,
    size: actions.length,
    sizeInBytes: bytes.byteLength,
    numOfAddFiles: snapshot.files.size,
  };
  await table.store.put(LAST_CHECKPOINT, Buffer.from(lastCheckpointText(hint)));
  await step('checkpoint:hinted');
  return version;
}

/** All live files, tombstones that have not expired, and the newest of everything else. Never `commitInfo`. */
export function checkpointActions(
  { protocol, metadata, files, tombstones, txns, domains }: Snapshot,
  nowMs: number,
): Action[] {
  const retentionMs = deletedFileRetentionMs(metadata);
  const kept = [...tombstones.values()].filter(
    ({ deletionTimestamp = 0 }) => Number(deletionTimestamp) + retentionMs > nowMs,
  );
  return [
    { protocol },
    { metaData: metadata },
    ...[...txns.values()].map((txn) => ({ txn })),
    ...[...domains.values()].filter(({ removed }) => !removed).map((domainMetadata) => ({ domainMetadata })),
    ...kept.map(({ stats: _stats, tags: _tags, ...remove }) => ({
      remove: { ...remove, dataChange: false },
    })),
    ...[...files.values()].map((add) => ({ add: { ...add, dataChange: false } })),
  ];
}

/** What was read back must be what was meant, to the last field. */
function prove(read: readonly Action[], meant: readonly Action[], version: number): void {
  const [a, b] = [read.map(lineOf).sort(), meant.map(lineOf).sort()];
  if (a.length === b.length && a.every((line, index) => line === b[index])) return;
  throw new LakeError(
    'TABLE_DAMAGED',
    `the checkpoint of version ${version} did not read back as it was written`,
    {
      hint: 'nothing was changed; the table stays readable from its commits',
    },
  );
}

/** The fields of an action that a checkpoint keeps. */
function lineOf(action: Action): string {
  const [kind = '', fields = {}] = Object.entries(action)[0] ?? [];
  const kept = Object.keys(CHECKPOINT_FIELDS[kind] ?? {}).map((field) => [
    field,
    (fields as Readonly<Record<string, unknown>>)[field],
  ]);
  return canonicalJson({ [kind]: Object.fromEntries(kept) });
}
