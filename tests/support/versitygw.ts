/** A real S3 server for tests: versitygw on a folder of this machine, several gateways on one folder if wanted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort } from './free-port.ts';

/** Built by tests/interop/run. */
const PROGRAM = resolve('tests/interop/.cache/bin/versitygw');

export interface Gateway {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const KEYS = { AWS_ACCESS_KEY_ID: 'interop-key', AWS_SECRET_ACCESS_KEY: 'interop-secret-0123456789' };

/** @returns a folder with the bucket `lake`, on a file system with extended attributes. */
export async function bucketFolder(): Promise<string> {
  const cache = resolve('tests/interop/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 's3-'));
  await mkdir(join(folder, 'lake'));
  return folder;
}

export async function hasVersitygw(): Promise<boolean> {
  return access(PROGRAM).then(
    () => true,
    () => false,
  );
}

export async function startGateway(folder: string): Promise<Gateway> {
  const port = await freePort();
  const child = spawn(PROGRAM, ['--port', `127.0.0.1:${port}`, '--keep-alive', '--quiet', 'posix', folder], {
    env: {
      PATH: process.env.PATH,
      ROOT_ACCESS_KEY: KEYS.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: KEYS.AWS_SECRET_ACCESS_KEY,
    },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await untilItAnswers(url, child);
  return {
    url,
    env: { ...KEYS, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: url, AWS_EC2_METADATA_DISABLED: 'true' },
    async stop() {
      const ended = new Promise((done) => child.once('close', done));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export async function removeBucketFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}`);
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((next) => setTimeout(next, 25));
  }
  throw new Error('versitygw does not answer');
}
