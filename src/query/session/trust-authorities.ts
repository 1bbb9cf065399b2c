/**
 * Lets DuckDB's client trust what this process trusts: it knows nothing of `NODE_EXTRA_CA_CERTS`. Its setting takes the place
 * of its own list, so the file has all of Node's authorities, too; it lies where the instance spills.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';

/** Nothing happens without the variable, or where its file cannot be read: Node says so by itself. */
export async function trustAuthorities(
  connection: DuckDBConnection,
  extraFile = process.env.NODE_EXTRA_CA_CERTS,
): Promise<void> {
  const extra = extraFile && (await readFile(extraFile, 'utf8').catch(() => undefined));
  if (!extra) return;
  const { rootCertificates } = await import('node:tls');
  const reader = await connection.runAndReadAll("SELECT current_setting('temp_directory')");
  const file = join(String(reader.getRows()[0]?.[0]), 'authorities.pem');
  await writeFile(file, [...rootCertificates, extra].join('\n'));
  await connection.run(`SET ca_cert_file = ${quotedString(file)}`);
}
