/**
 * A Delta table: open or create it, look at a version, commit to it. The put-if-absent of the version file is the only
 * commit point. Knows nothing of exchanges, queries or terminals.
 */
import { LakeError } from '../base/errors.ts';
import type { CheckpointFormat } from './checkpoint/checkpoint-format.ts';
import { type CommitOutcome, commitWithRetries } from './commit/commit-loop.ts';
import type { ConflictReason, OurCommit, TxnVersion } from './commit/conflict.ts';
import { firstCommit, type TableDefinition } from './commit/first-commit.ts';
import { checkWritable } from './format/protocol-support.ts';
import type { Action, AddFile, CommitInfo, Int64, Metadata, RemoveFile, Txn } from './log/actions.ts';
import { parseCommit, serializeCommit } from './log/commit-json.ts';
import { canonicalJson } from './log/json.ts';
import { type CheckpointReader, loadSnapshot } from './log/load-snapshot.ts';
import { commitName, parseLogPath } from './log/log-path.ts';
import { fileKey, type LogReplay } from './log/log-replay.ts';
import { type Snapshot, snapshotOf } from './log/snapshot.ts';
import type { TableStore } from './store/table-store.ts';

/** In `commitInfo.engineInfo`. */
const ENGINE_INFO = 'crypto-lake/0.1.0';

export interface CommitRequest {
  /** `WRITE`, `OPTIMIZE`, `RESTORE`, … */
  readonly operation: string;
  readonly operationParameters?: Readonly<Record<string, string>>;
  readonly operationMetrics?: Readonly<Record<string, string>>;
  readonly adds?: readonly AddFile[];
  readonly removes?: readonly RemoveFile[];
  readonly metadata?: Metadata;
  readonly txn?: TxnVersion;
  /** Recorded beside `txn`; a conflict when another program records one of them meanwhile. */
  readonly moreTxns?: readonly TxnVersion[];
  readonly reads: OurCommit['reads'];
  /** How often a lost race is tried again; a blind append needs nothing else. */
  readonly maxAttempts?: number;
}

export class DeltaTable {
  readonly store: TableStore;
  readonly #reader: CheckpointReader;
  #state: LogReplay;
  #version: number;
  #checkpointVersion: number | undefined;
  #snapshot: Snapshot | undefined;

  /** @throws LakeError TABLE_NOT_FOUND, TABLE_DAMAGED, TABLE_UNSUPPORTED. */
  static async open(store: TableStore, reader: CheckpointReader): Promise<DeltaTable> {
    const { state, version, checkpointVersion } = await loadSnapshot(store, reader);
    snapshotOf(state, version, store.location);
    return new DeltaTable(store, reader, state, version, checkpointVersion);
  }

  /**
   * Opens the table, or creates it empty; a race of two creators leaves one table.
   * @throws LakeError TABLE_DAMAGED also for data without a log: a table begun anew would hide the rows of the old one.
   */
  static async openOrCreate(
    store: TableStore,
    reader: CheckpointReader,
    definition: TableDefinition,
  ): Promise<DeltaTable> {
    // Not by a listing: that of a log on an object store has thousands of names.
    const opened = await openIfThere(store, reader);
    if (opened !== undefined) return opened;
    if (await hasNoLog(store)) {
      const data = (await store.list('', { recursive: true })).find(({ name }) => name.endsWith('.parquet'));
      // Another creator may have been faster, and have rows by now.
      if (data && (await hasNoLog(store))) throw logIsGone(store.location, data.name);
      await store.putIfAbsent(commitName(0), serializeCommit(firstCommit(definition, ENGINE_INFO)));
    }
    return DeltaTable.open(store, reader);
  }

  private constructor(
    store: TableStore,
    reader: CheckpointReader,
    state: LogReplay,
    version: number,
    checkpointVersion: number | undefined,
  ) {
    this.store = store;
    this.#reader = reader;
    this.#state = state;
    this.#version = version;
    this.#checkpointVersion = checkpointVersion;
  }

  /** Reads and writes the checkpoints of this table. */
  get checkpoints(): CheckpointFormat {
    return this.#reader.checkpoints;
  }

  /** The newest version that this handle knows. */
  get version(): number {
    return this.#version;
  }

  /** The newest checkpoint that this handle started from or wrote. */
  get checkpointVersion(): number | undefined {
    return this.#checkpointVersion;
  }

  /** Called by whoever wrote a checkpoint through this handle. */
  noteCheckpoint(version: number): void {
    this.#checkpointVersion = version;
  }

  /** The table as this handle knows it. */
  get snapshot(): Snapshot {
    this.#snapshot ??= snapshotOf(this.#state, this.#version, this.store.location);
    return this.#snapshot;
  }

  /** As in {@link snapshot}, which costs a copy of all that it holds at the next commit. */
  get metadata(): Metadata {
    return this.#state.metadata ?? this.snapshot.metadata;
  }

  /** The version that `txn` recorded last for an application, 0 when none. */
  txnVersion(appId: string): Int64 {
    return this.#state.txns.get(appId)?.version ?? 0;
  }

  /** Reads what was committed since; only the new commits. */
  async refresh(): Promise<Snapshot> {
    await this.#reloadIfLeftBehind();
    await this.#catchUp(() => undefined);
    return this.snapshot;
  }

  /** @throws LakeError VERSION_NOT_FOUND when the version can no longer be built. */
  async snapshotAt(version: number): Promise<Snapshot> {
    if (version === this.#version) return this.snapshot;
    const loaded = await loadSnapshot(this.store, this.#reader, version);
    return snapshotOf(loaded.state, version, this.store.location);
  }

  /**
   * Commits on top of the newest version, again and again while others win the race and nothing conflicts.
   *
   * @throws LakeError COMMIT_CONFLICT when the budget runs out, TABLE_UNSUPPORTED, TABLE_SCHEMA for an append-only table.
   */
  async commit(request: CommitRequest): Promise<CommitOutcome> {
    const { txn, moreTxns = [], removes = [], adds = [] } = request;
    if (this.#reader.isForQueries === true)
      throw new TypeError('a handle for queries does not know removed files');
    const conflict = await this.#reloadForCommit(request);
    if (conflict !== undefined) return { kind: 'conflict', reason: conflict, version: this.#version };
    if (txn !== undefined && this.txnVersion(txn.appId) >= txn.version) {
      return { kind: 'already-committed', version: this.#version };
    }
    // A plan may be older than this handle, which its own commits have taken past those of others.
    if (removes.some((remove) => !this.#state.files.has(fileKey(remove))))
      return { kind: 'conflict', reason: 'delete-read', version: this.#version };
    const ours: OurCommit = { txn, moreTxns, removes, reads: request.reads, changesProtocol: false };
    const txnId = crypto.randomUUID();
    const actions: Action[] = [
      ...(request.metadata ? [{ metaData: request.metadata }] : []),
      ...[...(txn ? [txn] : []), ...moreTxns].map((one) => ({
        txn: { ...one, lastUpdated: Date.now() } satisfies Txn,
      })),
      ...removes.map((remove) => ({ remove })),
      ...adds.map((add) => ({ add })),
    ];
    return commitWithRetries({
      store: this.store,
      ours,
      txnId,
      maxAttempts: request.maxAttempts,
      version: () => this.#version,
      prepare: () => {
        this.#checkWritable(removes);
        return [{ commitInfo: this.#commitInfo(request, txnId) }, ...actions];
      },
      catchUp: (onWinner) => this.#catchUp(onWinner),
      committed: (version, written) => this.#advance(version, written),
    });
  }

  #checkWritable(removes: readonly RemoveFile[]): void {
    const { protocol, metadata } = this.#state;
    if (protocol === undefined || metadata === undefined) return;
    checkWritable(protocol, metadata, this.store.location);
    if (
      metadata.configuration['delta.appendOnly'] === 'true' &&
      removes.some(({ dataChange }) => dataChange)
    ) {
      throw new LakeError('TABLE_UNSUPPORTED', `the table \`${this.store.location}\` is append-only`, {
        hint: 'set its property `delta.appendOnly` to false first',
      });
    }
  }

  #commitInfo(request: CommitRequest, txnId: string): CommitInfo {
    const blind =
      request.reads === 'nothing' && (request.removes ?? []).length === 0 && request.metadata === undefined;
    return {
      timestamp: Date.now(),
      operation: request.operation,
      operationParameters: request.operationParameters ?? {},
      readVersion: this.#version,
      isolationLevel: request.reads === 'removed-files' ? 'SnapshotIsolation' : 'Serializable',
      isBlindAppend: blind,
      operationMetrics: request.operationMetrics ?? {},
      engineInfo: ENGINE_INFO,
      txnId,
    };
  }

  /**
   * A handle that slept longer than the log is kept may stand on a commit that was cleaned up. The next version is then
   * absent although it was written long ago: to write it would be to write below a checkpoint, where no one reads.
   */
  async #reloadIfLeftBehind(): Promise<void> {
    if ((await this.store.read(commitName(this.#version))) !== undefined) return;
    const { state, version, checkpointVersion } = await loadSnapshot(this.store, this.#reader);
    snapshotOf(state, version, this.store.location);
    this.#state = state;
    this.#version = version;
    this.#checkpointVersion = checkpointVersion;
    this.#snapshot = undefined;
  }

  /** The commits that were skipped by a reload cannot be judged one by one: only what plainly still fits goes on. */
  async #reloadForCommit({ txn, moreTxns = [], reads }: CommitRequest): Promise<ConflictReason | undefined> {
    const { metadata, txns } = this.#state;
    const { version } = this;
    await this.#reloadIfLeftBehind();
    if (this.#version === version) return undefined;
    const isNew = ({ appId }: TxnVersion) => this.txnVersion(appId) !== (txns.get(appId)?.version ?? 0);
    const isBehind = txn && isNew(txn) && this.txnVersion(txn.appId) < txn.version;
    if (isBehind || moreTxns.some(isNew)) return 'concurrent-txn';
    if (canonicalJson(this.#state.metadata) !== canonicalJson(metadata)) return 'metadata-changed';
    return reads === 'nothing' ? undefined : 'delete-read';
  }

  /** Applies every commit that came after ours; stops where `onWinner` says so. */
  async #catchUp(
    onWinner: (actions: readonly Action[], version: number) => boolean | undefined,
  ): Promise<void> {
    for (;;) {
      const bytes = await this.store.read(commitName(this.#version + 1));
      if (bytes === undefined) return;
      const actions = parseCommit(bytes, commitName(this.#version + 1));
      this.#advance(this.#version + 1, actions);
      if (onWinner(actions, this.#version) === false) return;
    }
  }

  #advance(version: number, actions: readonly Action[]): void {
    this.#state.apply(actions);
    this.#version = version;
    this.#snapshot = undefined;
  }
}

async function openIfThere(store: TableStore, reader: CheckpointReader): Promise<DeltaTable | undefined> {
  try {
    return await DeltaTable.open(store, reader);
  } catch (error) {
    if (error instanceof LakeError && error.code === 'TABLE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** A creator that was killed leaves a temporary file, which is no log. */
async function hasNoLog(store: TableStore): Promise<boolean> {
  return !(await store.listNames('_delta_log')).some((name) => parseLogPath(name) !== undefined);
}

function logIsGone(location: string, name: string): LakeError {
  return new LakeError('TABLE_DAMAGED', `\`${location}\` holds data (\`${name}\`) and no log`, {
    hint: 'bring its `_delta_log` back from a backup, or move the folder away to begin a new table',
  });
}
