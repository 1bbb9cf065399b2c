/** The action that takes a live file out of a table. Source: Delta protocol, "Add File and Remove File". */
import type { AddFile, RemoveFile } from './actions.ts';

/**
 * With its deletion vector: another engine's is part of what the file is called in the log.
 * @param dataChange false where the same rows go on in other files.
 */
export function removeFile(
  { path, partitionValues, size, deletionVector }: AddFile,
  deletionTimestamp: number,
  dataChange: boolean,
): RemoveFile {
  return {
    path,
    deletionTimestamp,
    dataChange,
    extendedFileMetadata: true,
    partitionValues,
    size,
    ...(deletionVector === undefined ? {} : { deletionVector }),
  };
}
