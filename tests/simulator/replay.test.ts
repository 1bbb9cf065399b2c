import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { eventually } from '../support/program.ts';
import { connectClient, LIQUIDATIONS_AND_CANARY, simulatorFor } from '../support/simulator.ts';

const FIXTURES = resolve('../shared/fixtures/exchange/forceorder');
const ORDER =
  '{"s":"ONTUSDT","S":"BUY","o":"LIMIT","f":"IOC","q":"39161.1","p":"0.0706","ap":"0.0702","X":"FILLED","l":"39161.1","z":"39161.1","T":1766845885365}';

async function recording(lines: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'recording-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'frames.ndjson');
  await writeFile(path, lines.join('\n'));
  return path;
}

describe('a replay', () => {
  it('takes whole frames, events without E and bare orders, and puts them into the envelope asked for', async () => {
    const later = ORDER.replace('885365', '885465');
    const replay = await recording([
      `{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":1766845886300,"o":${ORDER}}}`,
      `{"e":"forceOrder","o":${later}}`,
      ORDER.replace('885365', '885565'),
      '{"not":"an order"}',
    ]);
    const simulator = await simulatorFor({ market: { replay }, speed: 10 });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    await eventually('it is played', () => simulator.stats().marketEnded);
    await simulator.confirm();
    expect(client.texts.filter((text) => !text.includes('markPrice'))).toEqual([
      `{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":1766845886300,"o":${ORDER}}}`,
      `{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":1766845886470,"o":${later}}}`,
      `{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":1766845886570,"o":${ORDER.replace('885365', '885565')}}}`,
      '{"not":"an order"}',
    ]);
  });

  it('can be moved to the present, and ends after as many orders as asked for', async () => {
    const replay = await recording([
      ORDER,
      ORDER.replace('885365', '885366'),
      ORDER.replace('885365', '885367'),
    ]);
    const simulator = await simulatorFor({ market: { replay, times: 'now' }, maxOrders: 2 });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    await eventually('it is played', () => simulator.stats().marketEnded);
    await simulator.confirm();
    const shiftMs = simulator.truth().timeShiftMs;
    expect(client.orders().map(({ o }) => Number(o.T) - shiftMs)).toEqual([1766845885365, 1766845885366]);
    expect(Math.abs(Number(client.orders()[0]?.o.T) - Date.now())).toBeLessThan(5000);
  });

  it('of a file that is not there or holds no orders is a usage error', async () => {
    await expect(startSimulator({ market: { replay: '/nowhere/frames' } })).rejects.toMatchObject({
      code: 'USAGE',
    });
    const replay = await recording(['{}']);
    await expect(startSimulator({ market: { replay } })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.skipIf(!existsSync(FIXTURES))(
    'sends every recorded order as recorded, at full speed (needs the recordings)',
    async () => {
      const replay = join(FIXTURES, 'um-2025-12-27_28.o-objects.jsonl');
      const simulator = await simulatorFor({ market: { replay }, speed: Number.POSITIVE_INFINITY });
      const client = await connectClient(simulator, '/market/ws/!forceOrder@arr');
      await eventually('it is played', () => simulator.stats().marketEnded);
      await simulator.confirm();
      const recorded = readFileSync(replay, 'utf8').trim().split('\n');
      expect(client.texts.map((text) => text.replace(/"E":\d+,/, ''))).toEqual(recorded);
      expect(simulator.sentFrames().distinct).toBe(2045);
    },
  );
});
