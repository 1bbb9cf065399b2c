import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createSeededRandom } from '../../src/base/seeded-random.ts';
import { freePort } from '../support/free-port.ts';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const REQUESTS = 10_000;
const AT_A_TIME = 20;
const IDLE = 1000;
const HALF_OPEN = 100;
/** What a cache of answers and a query may still take. */
const GROWTH_MIB = 80;

const PATHS = [
  '/../../../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/bars/..%2f..%2fetc%2fpasswd',
  '/bars/%00',
  `/bars/${'A'.repeat(3000)}`,
  `/bars/BTCUSDT?${'x=1&'.repeat(900)}`,
  '/bars/BTCUSDT?limit=1e308&from=-1',
  "/liquidations?symbol=x'%20OR%201=1--",
  '/liquidations?bucket=1s&from=1970-01-01&to=2262-01-01&limit=100000',
  '/coverage?cursor=AAAA',
  '/tables?format=exe',
  '/page/..%5c..%5cpackage.json',
  '/price/history?limit=99999999999999999999',
  '/__proto__/constructor',
  '/ws',
  '/metrics',
];
const SQL = [
  "SELECT * FROM read_text('/etc/passwd')",
  "COPY (SELECT 1) TO '/tmp/hostile'",
  'SELECT '.concat('('.repeat(2000)),
  'INSTALL httpfs',
  '{{{',
];

/** @returns the status; 0 where the server cut the connection. */
function ask(port: number, agent: Agent, path: string, body?: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request(
      { host: '127.0.0.1', port, agent, path, headers, method: body === undefined ? 'GET' : 'POST' },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.on('error', () => resolve(0));
      },
    );
    asked.on('error', () => resolve(0));
    asked.end(body);
  });
}

async function residentMiB(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

it(`${REQUESTS} hostile requests and ${IDLE} idle connections take nothing from the collector beside, and no memory`, async () => {
  const lake = await temporaryFolder();
  const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 50 });
  const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s', LOG_LEVEL: 'warn' };
  const collector = start(['liquidations', '--lake', lake], { env });
  const port = await freePort();
  const server = start(['serve', '--port', String(port), '--lake', lake], { env });
  const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  const sockets: Socket[] = [];
  const open = (text: string) =>
    new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(text);
        resolve();
      });
      socket.on('error', () => resolve());
      sockets.push(socket);
    });
  await eventually('the first rows', async () => (await ask(port, agent, '/liquidations')) === 200, 40_000);
  for (let i = 0; i < IDLE; i++) await open('');
  for (let i = 0; i < HALF_OPEN; i++) await open('GET /tables HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  for (let i = 0; i < HALF_OPEN; i++)
    await open(
      'POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"sql"',
    );
  const random = createSeededRandom(3);
  const statuses = new Map<number, number>();
  const attack = async (count: number) => {
    let left = count;
    const one = async () => {
      while (left-- > 0) {
        const isSql = random.below(50) === 0;
        const text = SQL[random.below(SQL.length)] ?? '';
        const status = isSql
          ? await ask(port, agent, '/sql', random.below(2) === 0 ? text : JSON.stringify({ sql: text }))
          : await ask(port, agent, PATHS[random.below(PATHS.length)] ?? '/');
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, one));
  };
  await attack(REQUESTS / 4);
  const beforeMiB = await residentMiB(server.pid ?? 0);
  await attack((REQUESTS * 3) / 4);
  const afterMiB = await residentMiB(server.pid ?? 0);
  expect([...statuses.keys()].filter((status) => status >= 500 && status !== 503)).toEqual([]);
  expect(afterMiB - beforeMiB).toBeLessThan(GROWTH_MIB);
  expect(await ask(port, agent, '/liquidations')).toBe(200);
  for (const socket of sockets) socket.destroy();
  agent.destroy();
  await simulator.confirm();
  const sent = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
  collector.kill('SIGTERM');
  expect((await collector.finished).code).toBe(0);
  server.kill('SIGTERM');
  expect((await server.finished).stderr).not.toMatch(/node_modules|\s+at /);
  const [row] = await query(lake, 'SELECT count(*) AS n FROM liquidation');
  expect(Number(row?.n)).toBeGreaterThanOrEqual(sent);
  expect(sent).toBeGreaterThan(200);
}, 240_000);
