import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { LAKE, place, rows } from '../support/lake-on-s3.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { run } from '../support/program.ts';

const HTTPFS = process.env.CRYPTO_LAKE_TEST_HTTPFS || undefined;

/** A store behind TLS, with a certificate that nobody vouches for. */
async function secureStore() {
  const { server, folder, env } = await place();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=store.invalid';
  const name = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...words.split(' '), ...name], { stdio: 'ignore' });
  const front = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => {
    const behind = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.pipe(behind).pipe(socket);
    for (const one of [socket, behind]) one.on('error', () => [socket, behind].map((end) => end.destroy()));
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void front.close());
  const { port } = front.address() as AddressInfo;
  return { folder, certificate, env: { ...env, AWS_ENDPOINT_URL: `https://127.0.0.1:${port}` } };
}

const WAYS: [string, Record<string, string>][] = [['whole files', {}]];
if (HTTPFS !== undefined) WAYS.push(['byte ranges', { CRYPTO_LAKE_HTTPFS: HTTPFS }]);

it.each(WAYS)(
  'a store with an authority of its own is read over TLS once that is named (%s)',
  async (_, more) => {
    const { folder, certificate, env } = await secureStore();
    const local = join(folder, 'local');
    const ticks = await parquetTable(join(local, 'ticks'), { id: 'long', text: 'string' });
    await ticks.add('SELECT i AS id, md5(i::VARCHAR) AS text FROM range(100000) t(i)');
    const distrusting = { ...env, ...more, NODE_EXTRA_CA_CERTS: '' };
    expect(await run(['tables'], { env: distrusting })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/SELF_SIGNED.*STORE_UNREACHABLE\]\nhint: .*NODE_EXTRA_CA_CERTS/),
    });
    const trusting = { ...env, ...more, NODE_EXTRA_CA_CERTS: certificate };
    expect(await run(['copy', '--from', local, '--to', LAKE], { env: trusting })).toMatchObject({ code: 0 });
    expect(await rows(trusting, 'SELECT count(DISTINCT text)::INT AS n FROM ticks')).toEqual([
      { n: 100_000 },
    ]);
    expect(await run(['compact', '--table', 'ticks'], { env: trusting })).toMatchObject({ code: 0 });
  },
);
