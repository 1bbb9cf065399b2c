/** Puts the simulated exchange together: one port on loopback that speaks REST and WebSocket. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { LakeError } from '../base/errors.ts';
import { BarMarket } from './bars/bar-market.ts';
import { BAR_TICK_MS, BarStreams } from './bars/bar-streams.ts';
import { printBar } from './bars/tape-bar.ts';
import { tapeSymbols } from './bars/tape-symbol.ts';
import { MINUTE_MS, TradeTape } from './bars/trade-tape.ts';
import { FaultBoard } from './faults/fault-board.ts';
import { FaultRunner } from './faults/fault-runner.ts';
import { refuseUpgrade } from './faults/upgrade-faults.ts';
import { createExchangeTime } from './market/exchange-time.ts';
import { createInstruments } from './market/instruments.ts';
import { openMarket } from './market/market.ts';
import { EVENT_DELAY_MS } from './market/market-event.ts';
import { MarketPlayer } from './market/market-player.ts';
import { createOrderSource } from './market/order-source.ts';
import { createSpotPairs } from './market/spot-pairs.ts';
import { Archive } from './rest/archive-endpoint.ts';
import { RequestLog } from './rest/request-log.ts';
import { createRestEndpoints } from './rest/rest-endpoints.ts';
import { RestServer } from './rest/rest-server.ts';
import { DEFAULT_WEIGHT_LIMITS, WeightLedger } from './rest/weight-ledger.ts';
import { answerChart } from './rest/yahoo-endpoint.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';
import { Canary } from './socket/canary.ts';
import { StreamServer } from './socket/stream-server.ts';
import { unionOfSpans } from './truth/spans.ts';
import { TruthRecord } from './truth/truth-record.ts';

const PING_INTERVAL_MS = 180_000;
const MAX_CONNECTION_AGE_MS = 24 * 3_600_000;
const CLOSE_GRACE_MS = 1000;
const DEFAULT_SYMBOLS = 500;

/** @throws LakeError USAGE when the port is taken or the recording cannot be read */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', seed = 1, canaryIntervalMs = 1000 } = options;
  const instruments = createInstruments(options.symbols ?? DEFAULT_SYMBOLS);
  const market = await openMarket(options, instruments);
  const stopping = new AbortController();
  const { signal } = stopping;
  const log = new RequestLog();
  const truth = new TruthRecord();
  const malformed: Array<{ connection: number; name: string }> = [];
  let refusedHandshakes = 0;

  const faults = new FaultBoard(() => streams.applyFaults());
  const time = createExchangeTime(options.clock, () => faults.anywhere('clock-skew')?.offsetMs ?? 0);
  const streams: StreamServer = new StreamServer({
    faults,
    truth,
    wallMs: time.wallMs,
    isVaried:
      (options.deliveries ?? (typeof options.market === 'object' ? 'identical' : 'varied')) === 'varied',
    pingIntervalMs: options.pingIntervalMs ?? PING_INTERVAL_MS,
    maxConnectionAgeMs: options.maxConnectionAgeMs ?? MAX_CONNECTION_AGE_MS,
    onSubscribed: (client) => player.admit(client),
  });
  const player = new MarketPlayer({ options, market, instruments, streams, truth, faults, time, signal });
  const makeOrder = createOrderSource(instruments, seed, time.exchangeMs);
  const runner = new FaultRunner({
    server: streams,
    board: faults,
    exchangeMs: time.exchangeMs,
    makeOrder,
    onMalformed: (connection, name) => malformed.push({ connection, name }),
    signal,
  });
  const pairs = createSpotPairs(instruments);
  const bars = new BarMarket(new TradeTape(seed), tapeSymbols(instruments, pairs), faults);
  const archive = new Archive(bars, () => faults.anywhere('bad-checksums') !== undefined);
  const rest = new RestServer({
    endpoints: createRestEndpoints(instruments, pairs, bars),
    byPrefix: (path, query, nowMs) =>
      archive.answer(path, nowMs) ??
      answerChart(path, query, nowMs, faults.anywhere('always-open') !== undefined),
    recorded: options.responses ?? {},
    ledger: new WeightLedger({ ...DEFAULT_WEIGHT_LIMITS, ...options.weightLimits }),
    faults,
    time,
    onAnswered: (url, status) => log.add({ url, status, atMs: time.wallMs() }),
  });

  const http = createServer((request, response) => rest.handle(request, response));
  // Handshakes left hanging are neither requests nor WebSockets: only this knows them.
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket, head) => {
    const refusedWith = refuseUpgrade(request.url ?? '/', socket, faults, time.exchangeMs());
    if (refusedWith === undefined) {
      streams.upgrade(request, socket, head);
      return;
    }
    refusedHandshakes += 1;
    log.add({ url: request.url ?? '/', status: refusedWith, atMs: time.wallMs() });
  });
  const boundPort = await listen(http, port, host);
  const canary = new Canary(instruments);
  const ticking = setInterval(() => {
    const fed = streams.clients.filter((client) => !faults.on('silent-socket', client.id));
    canary.tick(fed, time.exchangeMs());
  }, canaryIntervalMs);
  const barStreams = new BarStreams(bars, faults, time.exchangeMs());
  const barTicks = setInterval(() => {
    const fed = streams.clients.filter((client) => !faults.on('silent-socket', client.id));
    barStreams.tick(fed, time.exchangeMs());
  }, BAR_TICK_MS);
  runner.schedule(options.faults ?? []);
  const playing = player.play();

  return {
    port: boundPort,
    wsUrl: `ws://${host}:${boundPort}`,
    restUrl: `http://${host}:${boundPort}`,
    spotWsUrl: `ws://${host}:${boundPort}/spot`,
    coinmWsUrl: `ws://${host}:${boundPort}/coinm`,
    nowMs: time.exchangeMs,
    bar: (market, symbol, openTimeMs) => {
      const of = bars.symbol(market, symbol);
      if (of === undefined) return undefined;
      const bar = bars.bar(of, openTimeMs / MINUTE_MS);
      const { firstTradeId, lastTradeId } = bar;
      return { ...printBar(of, bar), firstTradeId, lastTradeId };
    },
    stats: () => ({
      openConnections: streams.clients.length,
      connections: streams.connectionsSoFar,
      refusedHandshakes,
      requests: log.byPath,
      lastRequests: log.last,
      distinctOrders: truth.distinct + truth.flood.distinct,
      marketEnded: player.hasEnded,
    }),
    sentFrames: () => ({
      distinct: truth.distinct + truth.flood.distinct,
      connections: truth.connections(time.wallMs()).map(({ connection, frames, distinct }) => {
        const flooded = truth.flood.framesSent(connection);
        return { connection, frames: frames + flooded, distinct: distinct + flooded };
      }),
    }),
    truth: () => {
      const connections = truth.connections(time.wallMs());
      const flood = player.flood;
      return {
        liquidations: truth.liquidations(),
        connections,
        fed: unionOfSpans(connections.flatMap(({ fed }) => fed)),
        timeShiftMs: player.timeShiftMs,
        malformed: malformed.slice(),
        ...(flood === undefined
          ? {}
          : {
              flood: {
                distinct: truth.flood.distinct,
                connections: truth.flood.ranges,
                orderAt: (sequence: number) => flood.orderAt(sequence),
              },
            }),
      };
    },
    push: (frame) => {
      if (typeof frame === 'string') streams.publishText(frame);
      else streams.publishOrder(frame, frame.T + EVENT_DELAY_MS);
    },
    makeOrder,
    setFault: (fault, { durationMs } = {}) => runner.begin(fault, durationMs),
    confirm: async (timeoutMs = 2000) => {
      await Promise.all(streams.clients.map((client) => streams.confirm(client, timeoutMs)));
    },
    close: async () => {
      stopping.abort();
      clearInterval(ticking);
      clearInterval(barTicks);
      await playing;
      await streams.close(CLOSE_GRACE_MS);
      const closed = new Promise((resolve) => http.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listen(http: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) => {
      reject(
        new LakeError('USAGE', `cannot listen on ${host}:${port}`, { hint: 'choose another port', cause }),
      );
    });
    http.listen(port, host, () => resolve((http.address() as AddressInfo).port));
  });
}
