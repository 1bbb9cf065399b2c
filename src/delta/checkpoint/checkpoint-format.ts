/**
 * The one thing of the log that is Parquet: checkpoints. This library names no engine that reads or writes them; whoever
 * opens a table hands one in.
 */
import type { Action } from '../log/actions.ts';

export interface CheckpointFormat {
  /**
   * The actions of one Parquet checkpoint, part or sidecar.
   * @param bytes the whole file.
   * @param name of the file, for errors.
   * @param leftOut a kind of action that nobody will ask for; the reader may save the work.
   */
  readActions(bytes: Uint8Array, name: string, leftOut?: 'remove'): Promise<Action[]>;

  /** @returns the bytes of a classic checkpoint with the columns of `CHECKPOINT_FIELDS`, in their order. */
  encode(actions: readonly Action[]): Promise<Uint8Array>;
}
