import { expect, it } from 'vitest';
import { FeedPair } from '../../src/connections/feed-pair.ts';
import { bendableClock, feedServer, httpAnswer, openGates, SHORT } from '../support/feed-server.ts';
import { eventually } from '../support/program.ts';
it('survives', async () => {
  let rnd = 12345 + Number(process.env.SEED ?? 0); const random = () => { rnd = (rnd * 1103515245 + 12345) % 2147483648; return rnd / 2147483648; };
  const server = await feedServer((s) => { if (random() < 0.15) server.silenced.add(s); });
  const log: string[] = []; const connected = new Set<string>(); let bad = 0; let n = 0; const last: string[] = [];
  const pair = new FeedPair({ baseUrl: server.url, sockets: 2, gates: await openGates(), clock: bendableClock(), random, timeouts: { ...SHORT, quietMs: 100, silentMs: 250, firstMessageMs: 200 }, maxAgeMs: 1500, unprovenAfterMs: 2000,
    onMessage: (c) => { n++; if (!connected.has(c)) { bad++; last.push(log.slice(-6).join(' | ')); } },
    onConnected: (c) => { if (connected.has(c)) bad++; connected.add(c); log.push('+' + c); },
    onDisconnected: (c, r) => { if (!connected.has(c)) bad++; connected.delete(c); log.push(`-${c} ${r}`); },
    onUnproven: () => log.push('?'), onState: (c, s, r) => log.push(`${c}:${s} ${r}`) });
  const stop = new AbortController(); const ended = pair.run(stop.signal);
  const end = performance.now() + 25_000;
  let refusing = false;
  while (performance.now() < end) {
    await new Promise((r) => setTimeout(r, random() * 120));
    const open = server.open(); const s = open[Math.floor(random() * open.length)];
    const x = random();
    if (x < 0.25) s?.terminate(); else if (x < 0.35) s?.close(1001); else if (x < 0.5) { if (s) server.silenced.add(s); }
    else if (x < 0.6) s?.send('{"e":"serverShutdown","E":1}');
    else if (x < 0.65) { refusing = !refusing; server.refuse(refusing ? (random() < 0.5 ? httpAnswer(503, {}, '') : () => undefined) : undefined); }
    else if (x < 0.7) { pair.pause(); setTimeout(() => pair.resume(), 100); }
  }
  server.refuse(undefined); server.silenced.clear();
  const origin = server.sockets.length;
  await eventually('both', () => pair.states.every((s) => s === 'listening') && server.open().length === 2, 15_000);
  console.log(n, origin, log.length, bad, last.slice(0, 3), log.slice(-20));
  expect(bad).toBe(0);
  stop.abort(); await ended;
  await eventually('closed', () => server.open().length === 0, 2000);
}, 60_000);
