/**
 * Lets DuckDB read byte ranges of files on an object store by its `httpfs` extension, where that is on this machine. It is
 * never fetched here. The key lies in a temporary secret, never in a setting, which SQL could read.
 */
import { type DuckDBConnection, quotedIdentifier, quotedString } from '@duckdb/node-api';
import { LakeError } from '../../base/errors.ts';
import { isObjectStore } from '../../base/location.ts';
import type { S3Credentials } from '../../delta/store/s3/s3-client.ts';
import type { S3Endpoint } from '../../delta/store/s3/s3-location.ts';
import { trustAuthorities } from './trust-authorities.ts';

/** Reads within a file wait for each other, in a thread: many files need many threads, whatever the processors. */
const THREADS = 16;
/** The extension takes them from the environment when it is loaded, and `duckdb_settings()` shows them to everyone. */
const NO_KEYS = ['s3_access_key_id', 's3_secret_access_key', 's3_session_token'];

/** @param file the extension's file; undefined for the one that DuckDB has installed. */
export async function loadHttpfs(connection: DuckDBConnection, file: string | undefined): Promise<boolean> {
  try {
    await connection.run(`LOAD ${file === undefined ? 'httpfs' : quotedString(file)}`);
    return true;
  } catch {
    return false;
  }
}

/**
 * Loads the extension and sets what makes it safe. Takes as long as some requests do: to be begun early.
 *
 * @param file the extension's file; undefined for the one that DuckDB has installed.
 * @returns whether files on object stores can be read where they are.
 */
export async function prepareHttpfs(
  connection: DuckDBConnection,
  file = process.env.CRYPTO_LAKE_HTTPFS || undefined,
): Promise<boolean> {
  if (!(await loadHttpfs(connection, file))) return false;
  await connection.run(
    // Names are literal: else `?s3_endpoint=…` in one would send a signed request to any host. Files never change: no
    // HEAD a file and query.
    `SET s3_url_compatibility_mode = true; SET validate_external_file_cache = 'NO_VALIDATION';
     SET httpfs_connection_caching = true; SET threads = ${THREADS};
     ${NO_KEYS.map((name) => `SET ${name} = ''`).join('; ')}`,
  );
  await trustAuthorities(connection);
  return true;
}

/** What a DuckDB may read of object stores. Keys that end are replaced in time; secrets belong to the whole instance. */
export class ObjectStoreAccess {
  readonly #locations: readonly string[];
  #credentials: S3Credentials | undefined;

  /**
   * To be called before the session is closed for a user's SQL.
   *
   * @param locations of lakes or tables.
   * @returns undefined when none of them is on an object store, or files there cannot be read where they are.
   * @throws LakeError STORE_REFUSED without keys, QUERY_FAILED.
   */
  static async open(
    connection: DuckDBConnection,
    locations: readonly string[],
    prepared = () => prepareHttpfs(connection),
  ): Promise<ObjectStoreAccess | undefined> {
    const remote = locations.filter(isObjectStore);
    if (remote.length === 0 || !(await prepared())) return undefined;
    const access = new ObjectStoreAccess(remote);
    await access.renew(connection);
    return access;
  }

  private constructor(locations: readonly string[]) {
    this.#locations = locations;
  }

  /** Before each query of a session that lives long: temporary keys may be others by now. */
  async renew(connection: DuckDBConnection): Promise<void> {
    const { openS3 } = await import('../../lake/open-s3-store.ts');
    const { client } = await openS3();
    const credentials = await client.credentials.get();
    if (credentials === this.#credentials) return;
    for (const [index, location] of this.#locations.entries())
      await createSecret(connection, `lake_${index}`, location, credentials, client.endpoint);
    this.#credentials = credentials;
  }
}

/** A scope keeps the keys from all else. @throws LakeError QUERY_FAILED, without DuckDB's words: they quote the statement. */
async function createSecret(
  connection: DuckDBConnection,
  name: string,
  location: string,
  { accessKeyId, secretAccessKey, sessionToken }: S3Credentials,
  { url, region }: S3Endpoint,
): Promise<void> {
  const options = [
    'TYPE s3',
    `KEY_ID ${quotedString(accessKeyId)}`,
    `SECRET ${quotedString(secretAccessKey)}`,
    ...(sessionToken === undefined ? [] : [`SESSION_TOKEN ${quotedString(sessionToken)}`]),
    `REGION ${quotedString(region)}`,
    ...(url === undefined
      ? []
      : [
          `ENDPOINT ${quotedString(url.replace(/^https?:\/\//, '').replace(/\/+$/, ''))}`,
          "URL_STYLE 'path'",
          `USE_SSL ${url.startsWith('https:')}`,
        ]),
    `SCOPE ${quotedString(`${location}/`)}`,
  ];
  try {
    await connection.run(
      `CREATE OR REPLACE TEMPORARY SECRET ${quotedIdentifier(name)} (${options.join(', ')})`,
    );
  } catch {
    throw new LakeError('QUERY_FAILED', `DuckDB does not take the keys and the address of \`${location}\``, {
      hint: 'look at `AWS_ENDPOINT_URL`; without its `httpfs` extension whole files are fetched instead',
    });
  }
}
