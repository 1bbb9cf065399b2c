/**
 * Replay: what the actions so far add up to. The newest action of a key wins; an `add` cancels an earlier `remove` of
 * the same file and the reverse. Source: Delta protocol, "Action Reconciliation".
 */

import { decodePath } from '../format/file-path.ts';
import type {
  Action,
  AddFile,
  CommitInfo,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from './actions.ts';

export class LogReplay {
  protocol: Protocol | undefined;
  metadata: Metadata | undefined;
  commitInfo: CommitInfo | undefined;
  files = new Map<string, AddFile>();
  tombstones = new Map<string, RemoveFile>();
  txns = new Map<string, Txn>();
  domains = new Map<string, DomainMetadata>();
  /** A snapshot holds the maps: copy them before the next change. */
  #shared = false;

  apply(actions: Iterable<Action>): void {
    if (this.#shared) this.#copy();
    for (const action of actions) {
      if ('add' in action) {
        const key = fileKey(action.add);
        this.tombstones.delete(key);
        this.files.set(key, action.add);
      } else if ('remove' in action) {
        const key = fileKey(action.remove);
        this.files.delete(key);
        this.tombstones.set(key, action.remove);
      } else if ('txn' in action) this.txns.set(action.txn.appId, action.txn);
      else if ('metaData' in action) this.metadata = action.metaData;
      else if ('protocol' in action) this.protocol = action.protocol;
      else if ('domainMetadata' in action)
        this.domains.set(action.domainMetadata.domain, action.domainMetadata);
      else if ('commitInfo' in action) this.commitInfo = action.commitInfo;
    }
  }

  /** Called by a snapshot that hands the maps out. */
  share(): void {
    this.#shared = true;
  }

  #copy(): void {
    this.files = new Map(this.files);
    this.tombstones = new Map(this.tombstones);
    this.txns = new Map(this.txns);
    this.domains = new Map(this.domains);
    this.#shared = false;
  }
}

/** One logical file: its decoded path and its deletion vector, if any. */
export function fileKey({ path, deletionVector: dv }: Pick<AddFile, 'path' | 'deletionVector'>): string {
  const decoded = decodePath(path);
  if (dv === undefined) return decoded;
  return `${decoded}\n${dv.storageType}${dv.pathOrInlineDv}${dv.offset === undefined ? '' : `@${dv.offset}`}`;
}
