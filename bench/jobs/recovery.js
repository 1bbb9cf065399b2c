import { spawn } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInstruments } from '../../dist/simulator/market/instruments.js';
import { FloodFrames } from '../../dist/simulator/socket/flood-frames.js';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { Spool } from '../../dist/spool/segments/spool.js';
import { exchangeAt, until } from '../listen.js';
import { PROGRAM } from '../measure.js';

const SEGMENT_BYTES = 12 * 2 ** 20;
const FRAME_HEADER_BYTES = 4;

/** `liquidations` finds a spool of a million frames of different orders, as after an outage of the tables. */
export default {
  title: 'a spool of a million frames is in the tables again, from the start of the program',
  goals: { 'recovery, s': '≤ 15' },
  rounds: 3,
  async prepare({ folder, smoke }) {
    const spoolFolder = join(folder, 'spool');
    await fill(spoolFolder, smoke ? 20_000 : 1_000_000);
    return { spoolFolder, simulator: await startSimulator({ market: 'none' }) };
  },
  async ours({ folder }, { spoolFolder, simulator }, round) {
    const lake = join(folder, `lake-${round}`);
    const spool = join(lake, '_spool', 'liquidations');
    cpSync(spoolFolder, spool, { recursive: true });
    const left = () =>
      readdirSync(spool)
        .filter((name) => name.endsWith('.segment'))
        .sort();
    const last = left().at(-1);
    const startedMs = performance.now();
    const collector = spawn(process.execPath, [PROGRAM, 'liquidations', '--quiet', '--lake', lake], {
      env: { ...process.env, ...exchangeAt(simulator) },
      stdio: 'inherit',
    });
    await until(() => !left().includes(last), 300_000, 'the spool is stored');
    const seconds = (performance.now() - startedMs) / 1000;
    collector.kill('SIGTERM');
    await new Promise((resolve) => collector.on('close', resolve));
    return { 'recovery, s': seconds };
  },
  cleanUp: (_, { simulator }) => simulator.close(),
};

async function fill(folder, count) {
  const frames = new FloodFrames(createInstruments(500), 1, Date.now());
  const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined });
  const event = (type) => ({
    kind: 'event',
    receivedAtUs: Date.now() * 1000,
    connection: '',
    payload: Buffer.from(JSON.stringify({ type, connections: [] })),
  });
  for (let sequence = 0; sequence < count; sequence++) {
    const bytes = Buffer.alloc(frames.maxFrameBytes);
    const end = frames.write(sequence, true, bytes, 0);
    const payload = bytes.subarray(FRAME_HEADER_BYTES, end);
    const record = { kind: 'frame', receivedAtUs: Date.now() * 1000, connection: 'ws-1', payload };
    if (!spool.appendNow(record)) await spool.whenWritable();
    if (spool.segmentBytes >= SEGMENT_BYTES)
      await spool.rotate(() => [event('segment_closed'), event('segment_opened')]);
  }
  await spool.close();
}
