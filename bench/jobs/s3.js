import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeCheckpoint } from '../../dist/delta/checkpoint/write-checkpoint.js';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { S3Client } from '../../dist/delta/store/s3/s3-client.js';
import { S3Store } from '../../dist/delta/store/s3-store.js';
import { AwsCredentialChain } from '../../dist/network/aws/aws-credentials.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';
import { CLOSED_US, cloneLake, tenMillion } from '../data.js';
import { appendFiles, makeTable } from '../many-files.js';
import { measure, PROGRAM } from '../measure.js';
import { startS3 } from '../s3-server.js';
import { median } from '../statistics.js';

const DELAY_MS = 20;
const HOUR_US = 3_600e6;
const LAKE = 's3://lake/bench';

/** A real S3 server on this machine, and 20 ms before each request: about what one in the same region takes. */
export default {
  title: `On S3 (versitygw, ${DELAY_MS} ms added to each request): commits of 500 rows, a table of 10,000 files opened from its checkpoint, one symbol in one hour of 10,000,000 sorted rows`,
  note: 'Opening: cold is the first in a process, with nothing cached on this machine. The query is a process of its own with an empty cache; DuckDB (the same release) is given the list of the files and reads the same ones. deltalake is delta-rs',
  goals: {
    'commit, requests': '≤ 5',
    'commit, ms': '≤ 1 ×',
    'open 10,000 files, cold ms': '≤ 1 ×',
    'open 10,000 files, warm ms': '≤ 1 ×',
    'query, MB down': '≤ 8',
    'query, s': '≤ 1 ×',
  },
  async prepare(context) {
    const { folder, smoke } = context;
    const s3 = await startS3(join(folder, 's3'), DELAY_MS);
    const many = await makeTable(new S3Store(`${LAKE}/many`, { client: clientOf(s3.directEnv) }));
    const files = smoke ? 100 : 10_000;
    for (let start = 0; start < files; start += 1000) await appendFiles(many, Math.min(1000, files));
    await writeCheckpoint(many, { nowMs: Date.now(), force: true });
    const lake = cloneLake(await tenMillion(context), join(folder, 'sorted'));
    const run = (...args) =>
      execFileSync(process.execPath, [PROGRAM, ...args, '--quiet'], { env: s3.directEnv });
    run('compact', '--lake', lake);
    run('copy', '--from', lake, '--to', LAKE);
    const store = new LocalStore(join(lake, 'liquidation'));
    const { snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    const sorted = [...snapshot.files.values()].map(
      ({ path }) => `${LAKE}/liquidation/${decodeURIComponent(path)}`,
    );
    return { s3, sorted, answers: [] };
  },
  async ours(context, { s3, answers }, round) {
    const { folder, here, smoke } = context;
    const env = { ...s3.env, CRYPTO_LAKE_CACHE: join(folder, `cache-${round}`) };
    const script = (name, ...args) => node([join(here, 'ours', name), ...args], env);
    const commits = smoke ? 3 : 40;
    await s3.counts();
    const times = JSON.parse(
      (await script('s3-commits.js', `s3://lake/ours-${round}`, String(commits))).stdout,
    );
    const requests = (await s3.counts()).requests;
    const [cold, ...warm] = JSON.parse((await script('s3-open.js', `${LAKE}/many`)).stdout);
    rmSync(env.CRYPTO_LAKE_CACHE, { recursive: true, force: true });
    await s3.counts();
    const args = [PROGRAM, 'read', '--lake', LAKE, '--format', 'json', '--sql', queryOf('liquidation')];
    const asked = await node(args, env);
    const { bytesDown, requests: queryRequests } = await s3.counts();
    agree(answers, JSON.parse(asked.stdout).map(Object.values));
    return {
      'commit, requests': requests / commits,
      'commit, ms': median(times),
      'open 10,000 files, cold ms': cold,
      'open 10,000 files, warm ms': median(warm),
      'query, requests': queryRequests,
      'query, MB down': bytesDown / 1e6,
      'query, s': asked.seconds,
    };
  },
  peers: {
    async deltalake({ python, here, smoke }, { s3 }, round) {
      const script = join(here, 'peers', 's3.py');
      const commits = smoke ? 3 : 40;
      const run = async (...args) =>
        JSON.parse((await measure(python, [script, ...args], { env: s3.env, capture: true })).stdout);
      await s3.counts();
      const times = await run('commits', `s3://lake/peer-${round}`, String(commits));
      const { requests } = await s3.counts();
      const [cold, ...warm] = await run('open', `${LAKE}/many`);
      return {
        'commit, requests': requests / commits,
        'commit, ms': median(times),
        'open 10,000 files, cold ms': cold,
        'open 10,000 files, warm ms': median(warm),
      };
    },
    async DuckDB({ here }, { s3, sorted, answers }) {
      await s3.counts();
      const { stdout, seconds } = await node(
        [join(here, 'ours', 'duckdb-s3.js'), queryOf('TABLE'), ...sorted],
        s3.env,
      );
      const { bytesDown, requests } = await s3.counts();
      agree(answers, JSON.parse(stdout));
      return { 'query, requests': requests, 'query, MB down': bytesDown / 1e6, 'query, s': seconds };
    },
  },
  cleanUp: (_, { s3 }) => s3.stop(),
};

function clientOf(env) {
  const endpoint = { url: env.AWS_ENDPOINT_URL, region: env.AWS_REGION };
  return new S3Client({ endpoint, credentials: new AwsCredentialChain(env) });
}

function node(args, env) {
  return measure(process.execPath, args, { env, capture: true });
}

function queryOf(table) {
  const [from, to] = [CLOSED_US + 13 * HOUR_US, CLOSED_US + 14 * HOUR_US].map((us) =>
    new Date(us / 1000).toISOString(),
  );
  return `SELECT side, count(*)::INT AS orders, round(sum(notional), 2) AS total FROM ${table} WHERE symbol = 'SYM7USDT' AND trade_time >= TIMESTAMPTZ '${from}' AND trade_time < TIMESTAMPTZ '${to}' GROUP BY side ORDER BY side`;
}

/** Whoever answers otherwise than the others did is not fast but wrong. */
function agree(answers, rows) {
  const text = JSON.stringify(rows);
  if (rows.length === 0 || answers.some((known) => known !== text))
    throw new Error(`the answers differ: ${text}`);
  answers.push(text);
}
