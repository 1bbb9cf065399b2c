/** A real S3 server for the bench, behind a proxy that adds latency and counts: both processes of their own. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Built by `npm run interop`, which also brings DuckDB's extension. */
const CACHE = fileURLToPath(new URL('../tests/interop/.cache', import.meta.url));
const SERVER = join(CACHE, 'bin', 'versitygw');
const HTTPFS = join(
  CACHE,
  'venv/lib/python3.11/site-packages/duckdb_extension_httpfs/extensions/v1.5.5/httpfs.duckdb_extension',
);
const KEYS = { AWS_ACCESS_KEY_ID: 'bench-key', AWS_SECRET_ACCESS_KEY: 'bench-secret-0123456789' };

/** @param folder gets the bucket `lake`. @returns the environment of its clients, and what the proxy counted. */
export async function startS3(folder, delayMs) {
  if (!existsSync(SERVER) || !existsSync(HTTPFS))
    throw new Error('the S3 server or `httpfs` is missing: `npm run interop` fetches them');
  mkdirSync(join(folder, 'lake'), { recursive: true });
  const port = await freePort();
  const server = spawn(SERVER, ['--port', `127.0.0.1:${port}`, '--keep-alive', '--quiet', 'posix', folder], {
    env: {
      PATH: process.env.PATH,
      ROOT_ACCESS_KEY: KEYS.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: KEYS.AWS_SECRET_ACCESS_KEY,
    },
    stdio: 'ignore',
  });
  const proxyScript = fileURLToPath(new URL('./s3-proxy.js', import.meta.url));
  const proxy = spawn(process.execPath, [proxyScript, String(port), String(delayMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await new Promise((resolve) =>
    proxy.stdout.once('data', (chunk) => resolve([String(chunk)])),
  );
  const url = `http://127.0.0.1:${line.trim()}`;
  for (let tries = 0; tries < 200; tries++) {
    const answers = await fetch(`http://127.0.0.1:${port}`).then(
      () => true,
      () => false,
    );
    if (answers) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const env = {
    ...process.env,
    ...KEYS,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: url,
    AWS_ALLOW_HTTP: 'true',
    AWS_EC2_METADATA_DISABLED: 'true',
    CRYPTO_LAKE_HTTPFS: HTTPFS,
  };
  return {
    env,
    /** Without the latency. */
    directEnv: { ...env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    /** Since the last time that it was asked. */
    counts: async () => (await fetch(`${url}/-/counts`)).json(),
    /** Whether every request is refused without an answer. */
    setAway: async (isAway) => void (await fetch(`${url}/-/${isAway ? 'away' : 'back'}`)),
    stop() {
      server.kill('SIGKILL');
      proxy.kill('SIGKILL');
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
