import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import type { Ingest, IngestTarget } from '../../src/ingest/commit/ingest-job.ts';
import { SegmentCommitter } from '../../src/ingest/commit/segment-committer.ts';
import { createStatus } from '../../src/services/collector-status.ts';
import { SourceCollector } from '../../src/services/source-collector.ts';
import { SourceFacts } from '../../src/services/source-facts.ts';
import { StreamCollector } from '../../src/services/stream-collector.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import type { SpoolEvent } from '../../src/spool/segments/record.ts';
import { setAsideIn } from '../../src/spool/segments/set-aside.ts';
import { Spool } from '../../src/spool/segments/spool.ts';
import { openIdentity } from '../../src/spool/state/identity.ts';
import { acquireLock } from '../../src/spool/state/lock.ts';
import { spoolFolder } from '../../src/spool/state/spool-folder.ts';
import { failingFiles } from '../support/failing-files.ts';
import { feedServer, LIQUIDATION_FRAME } from '../support/feed-server.ts';
import { httpServer, reply } from '../support/http-server.ts';
import { eventually, query, temporaryFolder } from '../support/program.ts';
import { frameAt, orderText, SECOND_US, tickAt } from '../support/segment.ts';
import { frame } from '../support/spool-records.ts';

const clock = createSystemClock();
const log = pino({ level: 'silent' });
const SOURCE = sourceOf('liquidations');

function open(lake: string, ingest: Ingest, flushMs = 60_000): Promise<SourceCollector> {
  return SourceCollector.open({
    source: SOURCE,
    lake,
    spool: join(lake, '_spool'),
    ingest,
    clock,
    log,
    flushMs,
    duplicateWindowMs: 60_000,
    lockWaitMs: 0,
    status: createStatus(SOURCE, clock.nowUs()),
    carry: () => ({ connections: [] }),
  });
}

describe('a collector that starts', () => {
  async function starting(prepare: (folder: string) => Promise<unknown>) {
    const lake = await temporaryFolder();
    const spool = join(lake, '_spool');
    const folder = spoolFolder(spool, SOURCE.id);
    await mkdir(folder, { recursive: true });
    await prepare(folder);
    const exchange = await feedServer((socket) => socket.send(LIQUIDATION_FRAME));
    const addresses = Object.fromEntries(
      BINANCE.settings.map(({ env, kind }) => [env, kind === 'wsUrl' ? exchange.url : 'http://127.0.0.1:1']),
    );
    const network = await openVenueNetwork(BINANCE, { addresses, spool, clock, apiKey: undefined });
    onTestFinished(() => network.rest.close());
    const timing = {
      flushMs: 60_000,
      duplicateWindowMs: 60_000,
      unprovenAfterMs: 60_000,
      sockets: 2,
    } as const;
    const ingest = new SegmentCommitter(clock);
    const collector = new StreamCollector({
      ...timing,
      source: SOURCE,
      network,
      lake,
      spool,
      ingest,
      clock,
      log,
    });
    const stopping = new AbortController();
    const running = collector.run(stopping.signal);
    running.catch(() => undefined);
    return { folder, exchange, collector, running, stopping };
  }

  it('does not bother the exchange while another one holds its source', async () => {
    const { exchange, running } = await starting((folder) =>
      acquireLock(folder, { purpose: 'x', waitMs: 0 }),
    );
    await expect(running).rejects.toMatchObject({ code: 'LAKE_LOCKED' });
    expect(exchange.upgrades).toEqual([]);
  });

  it('leaves no socket open when its spool cannot be opened', async () => {
    const { exchange, running } = await starting((folder) => mkdir(join(folder, 'last-segment')));
    await expect(running).rejects.toMatchObject({ code: 'LAKE_UNWRITABLE' });
    await eventually('no socket is open', () => exchange.open().length === 0);
  });

  it('keeps what the exchange sends at once, while the spool is opened', async () => {
    const { folder, collector, running, stopping } = await starting(async () => undefined);
    await eventually('the frame is taken', () => collector.status.frames > 0);
    const [segment = ''] = (await readdir(folder)).filter((name) => name.endsWith('.segment'));
    await eventually('it is in the spool', async () =>
      (await readFile(join(folder, segment), 'latin1')).includes(LIQUIDATION_FRAME),
    );
    stopping.abort();
    await running;
  });
});

it('contract sizes are known after a restart while the exchange does not answer', async () => {
  const folder = await temporaryFolder();
  const symbols = [{ symbol: 'BTCUSD_PERP', contractSize: 100 }];
  const server = await httpServer(reply(200, JSON.stringify({ symbols, serverTime: 1 })));
  const addresses = Object.fromEntries(BINANCE.settings.map(({ env }) => [env, server.url]));
  const network = await openVenueNetwork(BINANCE, { addresses, spool: folder, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  const carriedBy = async () => {
    const facts = await SourceFacts.open({ source: SOURCE, network, folder, log });
    const events: SpoolEvent[] = [];
    const stopping = new AbortController();
    const changed = new Promise<void>((resolve) => {
      void facts.watch(stopping.signal, (event) => events.push(event), resolve).then(resolve);
      setTimeout(resolve, 1500);
    });
    await changed;
    // The file is written after the change is reported.
    await new Promise((resolve) => setTimeout(resolve, 200));
    stopping.abort();
    return { carried: facts.carry().facts, first: events[0] };
  };
  expect((await carriedBy()).carried).toEqual({ contractSizes: { BTCUSD_PERP: 100 } });
  server.answer = reply(418, 'banned', { 'retry-after': '3600' });
  const { carried, first } = await carriedBy();
  expect(carried).toEqual({ contractSizes: { BTCUSD_PERP: 100 } });
  // The first segment has them before any frame.
  expect(first).toEqual({ type: 'fact', name: 'contractSizes', value: { BTCUSD_PERP: 100 } });
});

it.each(['in the same process', 'after a restart'])(
  'a coverage commit that was refused and tried again %s has the same frames and misses',
  async (when) => {
    const lake = await temporaryFolder();
    const target: IngestTarget = {
      lake,
      spool: join(lake, '_spool'),
      source: 'liquidations',
      appId: 'x',
      duplicateWindowMs: 600_000,
    };
    const spool = await Spool.open({
      folder: spoolFolder(target.spool, target.source),
      floorSegment: 0,
      onStateChange: () => undefined,
    });
    const both = (at: number) => [tickAt(at, 'ws-1'), tickAt(at, 'ws-2')];
    for (let second = 0; second < 3; second++)
      for (const record of both(second * SECOND_US)) await spool.append(record);
    await spool.append(frameAt(3 * SECOND_US, orderText(), 'ws-1'));
    for (let second = 3; second < 16; second++)
      for (const record of both(second * SECOND_US + 1)) await spool.append(record);
    await spool.close();
    const first = new SegmentCommitter(clock);
    await first.open(target);
    const inTheWay = join(lake, 'coverage', 'date=2026-10-08');
    await writeFile(inTheWay, '');
    await expect(first.store(target, 1)).rejects.toThrow();
    await rm(inTheWay);
    const again = when === 'after a restart' ? new SegmentCommitter(clock) : first;
    expect((await again.store(target, 1)).duplicates).toBe(0);
    expect(
      await query(
        lake,
        "SELECT connection, frames::INT AS frames, missed::INT AS missed FROM coverage WHERE market = 'usdm' ORDER BY 1",
      ),
    ).toEqual([
      { connection: 'ws-1', frames: 1, missed: 0 },
      { connection: 'ws-2', frames: 0, missed: 1 },
    ]);
    expect(await query(lake, 'SELECT count(*)::INT AS n FROM liquidation')).toEqual([{ n: 1 }]);
  },
);

describe('a collector', () => {
  it('takes records before its tables are open, and stores them once they are', async () => {
    const lake = await temporaryFolder();
    const store = new SegmentCommitter(clock);
    let openTables: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      openTables = resolve;
    });
    const collector = await open(lake, {
      open: async (target) => {
        await opened;
        return store.open(target);
      },
      store: (...request) => store.store(...request),
    });
    await collector.append(frameAt(0, orderText()));
    openTables();
    expect(await collector.close(10_000)).toBe(0);
    expect(await query(lake, 'SELECT count(*)::INT AS n FROM liquidation')).toEqual([{ n: 1 }]);
  });

  it('of an older copy of the spool, whose numbers the tables know already, loses nothing', async () => {
    const lake = await temporaryFolder();
    const folder = spoolFolder(join(lake, '_spool'), 'liquidations');
    const collectOne = async (symbol: string) => {
      const collector = await open(lake, new SegmentCommitter(clock));
      await collector.append(frameAt(0, orderText({ s: symbol })));
      expect(await collector.close(10_000)).toBe(0);
    };
    await collectOne('A');
    const lastSegment = await readFile(join(folder, 'last-segment'), 'utf8');
    await collectOne('B');
    await collectOne('C');
    await writeFile(join(folder, 'last-segment'), lastSegment);
    await collectOne('D');
    expect(
      (await query(lake, 'SELECT symbol FROM liquidation ORDER BY 1')).map(({ symbol }) => symbol),
    ).toEqual(['A', 'B', 'C', 'D']);
  });

  it('releases its lock also when its spool cannot be closed', async () => {
    const lake = await temporaryFolder();
    const folder = spoolFolder(join(lake, '_spool'), 'liquidations');
    const collector = await open(lake, { open: async () => 0, store: () => Promise.reject(new Error('no')) });
    await collector.append(frame('a'));
    const { close } = Spool.prototype;
    onTestFinished(() => {
      Spool.prototype.close = close;
    });
    Spool.prototype.close = async function (this: Spool) {
      await close.call(this);
      throw new Error('the disk is read-only');
    };
    await expect(collector.close(10)).rejects.toThrow('read-only');
    const lock = await acquireLock(folder, { purpose: 'test', waitMs: 0 });
    await lock.release();
  });
});

describe('the identity of a source', () => {
  it('that cannot be read at all is not replaced', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'identity.json'));
    await expect(openIdentity(folder, 's', 'm')).rejects.toMatchObject({ code: 'LAKE_UNWRITABLE' });
  });

  it('that is damaged is a new one, and what was begun under the old one is set aside', async () => {
    const folder = await temporaryFolder();
    const { appId } = await openIdentity(folder, 's', 'm');
    const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined });
    await spool.append(frame('a'));
    await spool.close();
    await writeFile(join(folder, 'identity.json'), '{"appId"');
    expect((await openIdentity(folder, 's', 'm')).appId).not.toBe(appId);
    expect(await setAsideIn(folder)).toEqual([join(folder, '0000000001.segment.superseded')]);
  });
});

it('an append that waits for room settles when the spool is closed', async () => {
  const folder = await temporaryFolder();
  const files = failingFiles();
  const spool = await Spool.open({
    folder,
    floorSegment: 0,
    onStateChange: () => undefined,
    openFile: files.openFile,
  });
  files.failing.write = 'ENOSPC';
  const large = { ...frame(''), payload: Buffer.alloc(3 * 2 ** 20) };
  for (let i = 0; i < 4; i++) spool.appendNow(large);
  const waiting = spool.append(frame('late'));
  const settled = expect(waiting).rejects.toThrow('the spool is closed');
  await spool.close();
  await settled;
});
