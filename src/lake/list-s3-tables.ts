/** The tables of a lake on an object store, where a folder is what names have in common. */
import { listObjects, type S3Page } from '../delta/store/s3/list-objects.ts';
import { parseS3Location } from '../delta/store/s3/s3-location.ts';
import { openS3 } from './open-s3-store.ts';

/** @returns as `listTables`; a table that others began to delete counts as broken when it is an expected one. */
export async function listS3Tables(lake: string, expected: readonly string[]): Promise<string[]> {
  const { bucket, prefix } = parseS3Location(lake);
  const root = prefix === '' ? '' : `${prefix}/`;
  const names: string[] = [];
  for await (const { folders } of pages(bucket, root, '/'))
    names.push(...folders.map((folder) => folder.slice(root.length, -1)));
  const isTable = await Promise.all(
    names.map(async (name) => {
      if (name === '' || name.startsWith('_') || name.startsWith('.')) return false;
      if (await hasObjects(`${lake}/${name}/_delta_log`)) return true;
      return expected.includes(name) && (await holdsS3Data(`${lake}/${name}`));
    }),
  );
  return names.filter((_, index) => isTable[index]).sort();
}

/** Whether there is a Parquet file anywhere below. */
export async function holdsS3Data(location: string): Promise<boolean> {
  const { bucket, prefix } = parseS3Location(location);
  for await (const { objects } of pages(bucket, `${prefix}/`))
    if (objects.some(({ key }) => key.endsWith('.parquet'))) return true;
  return false;
}

/** Whether any name begins so. */
export async function hasObjects(location: string): Promise<boolean> {
  const { bucket, prefix } = parseS3Location(location);
  for await (const { objects } of pages(bucket, `${prefix}/`)) return objects.length > 0;
  return false;
}

async function* pages(bucket: string, prefix: string, delimiter?: '/'): AsyncGenerator<S3Page> {
  const { client } = await openS3();
  yield* listObjects(client, { bucket, prefix, delimiter });
}
