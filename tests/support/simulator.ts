/** A simulator for a test, and WebSocket clients that collect what it sends. */
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';

export const LIQUIDATIONS_AND_CANARY = '/market/stream?streams=!forceOrder@arr/btcusdt@markPrice@1s';

/** Closed when the test ends. */
export async function simulatorFor(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

export interface CollectingClient {
  readonly webSocket: WebSocket;
  /** Text messages so far. */
  readonly texts: string[];
  readonly binaries: Buffer[];
  /** The `data` of force orders, combined or raw. */
  orders(): ReadonlyArray<{ readonly E: number; readonly o: Record<string, unknown> }>;
  send(request: unknown): void;
  /** How the connection ended. */
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Connects and waits until the connection is open. */
export async function connectClient(simulator: Simulator, path: string): Promise<CollectingClient> {
  const webSocket = new WebSocket(simulator.wsUrl + path);
  onTestFinished(() => webSocket.terminate());
  const texts: string[] = [];
  const binaries: Buffer[] = [];
  webSocket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) binaries.push(data);
    else texts.push(data.toString());
  });
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    webSocket.once('open', resolve);
    webSocket.once('error', reject);
  });
  webSocket.on('error', () => undefined);
  return {
    webSocket,
    texts,
    binaries,
    ended,
    send: (request) => webSocket.send(typeof request === 'string' ? request : JSON.stringify(request)),
    orders: () =>
      texts
        .filter((text) => text.includes('"forceOrder"'))
        .flatMap((text) => {
          const value = JSON.parse(text);
          return [value.data ?? value];
        }),
  };
}
