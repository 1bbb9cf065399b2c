/** The same request again is answered without being looked at again, and never with what is old. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiServer, apiServer } from '../support/api-server.ts';
import { addBar, BAR_COUNT, START, servedLake } from '../support/served-lake.ts';

let lake: string;
let api: ApiServer;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-known-'));
  await servedLake(lake);
  api = await apiServer(lake);
});

afterAll(async () => {
  await api.close();
  await rm(lake, { recursive: true, force: true });
});

async function hits(): Promise<number> {
  const text = await (await fetch(`${api.url}/metrics`)).text();
  return Number(/^crypto_lake_answers_total\{cache="hit"\} (\d+)/m.exec(text)?.[1]);
}

async function requests(route: string): Promise<number> {
  const text = await (await fetch(`${api.url}/metrics`)).text();
  const line = text
    .split('\n')
    .find((of) => of.startsWith('crypto_lake_http_requests_total') && of.includes(`"${route}"`));
  return Number(line?.split(' ').at(-1));
}

it.each(['/bars/BTCUSDT?limit=5', '/price/latest'])(
  '%s is the same again, but for the number of the request',
  async (path) => {
    const before = await hits();
    const answers = [];
    for (let time = 0; time < 20; time++) {
      const answer = await fetch(`${api.url}${path}`);
      const { date, 'x-request-id': id, ...headers } = Object.fromEntries(answer.headers);
      answers.push({ id, text: await answer.text(), headers, status: answer.status });
    }
    const [first] = answers;
    for (const { text, headers, status } of answers)
      expect({ text, headers, status }).toEqual({ text: first?.text, headers: first?.headers, status: 200 });
    expect(first?.headers['content-security-policy']).toContain("default-src 'self'");
    expect(new Set(answers.map(({ id }) => id)).size).toBe(20);
    expect(await hits()).toBeGreaterThan(before + 10);
    expect(await requests(path.startsWith('/bars') ? '/bars/:symbol' : path)).toBe(20);
  },
);

it('whoever asks otherwise gets another answer', async () => {
  const url = `${api.url}/bars/BTCUSDT?limit=4`;
  let etag = '';
  for (let time = 0; time < 5; time++) etag = (await fetch(url)).headers.get('etag') ?? '';
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await fetch(url, { headers: { accept: 'text/csv' } })).headers.get('content-type')).toContain(
    'text/csv',
  );
  expect((await fetch(url, { method: 'POST' })).status).toBe(405);
});

it('a bar that is committed is in the answer a moment later', async () => {
  const url = `${api.url}/bars/BTCUSDT?limit=1`;
  for (let time = 0; time < 5; time++) await fetch(url);
  await addBar(lake, BAR_COUNT + 1);
  const added = new Date(START + (BAR_COUNT + 1) * 60_000).toISOString().slice(0, 19);
  await expect.poll(async () => (await fetch(url)).text()).toContain(added);
});

it('SQL sees each commit at once, though the table is open already', async () => {
  const sql = { sql: 'SELECT count(*) AS bars FROM bars_1m' };
  const ask = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(sql) };
  const counted = async () => {
    const answer = await (await fetch(`${api.url}/sql`, ask)).json();
    const { data, data_version } = answer as { data: [{ bars: number }]; data_version: { bars_1m: number } };
    return [data[0].bars, data_version.bars_1m] as const;
  };
  await fetch(`${api.url}/bars/BTCUSDT?limit=1`);
  const [bars, version] = await counted();
  for (let more = 1; more <= 5; more++) {
    await addBar(lake, BAR_COUNT + 10 + more);
    expect(await counted()).toEqual([bars + more, version + more]);
  }
});
