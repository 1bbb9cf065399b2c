/** `GET /api/v3/ticker/24hr` and `GET /fapi/v1/ticker/24hr`: parameters, their errors and weights. */
import type { Instrument } from '../market/instruments.ts';
import type { SpotPair, SymbolStatus } from '../market/spot-pairs.ts';
import { futuresTicker, spotTicker, type TickerType } from '../market/ticker.ts';
import { errorAnswer, jsonAnswer, type RestAnswer } from './rest-answer.ts';

const STATUSES: ReadonlySet<string> = new Set(['TRADING', 'HALT', 'BREAK']);

export function answerSpotTicker(
  pairs: ReadonlyMap<string, SpotPair>,
  query: URLSearchParams,
  nowMs: number,
): RestAnswer {
  const type = query.get('type') ?? 'FULL';
  if (type !== 'FULL' && type !== 'MINI') return invalid('type');
  const status = query.get('symbolStatus');
  if (status !== null && !STATUSES.has(status)) return invalid('symbolStatus');
  const symbol = query.get('symbol');
  const symbols = query.get('symbols');
  if (symbol !== null && symbols !== null) {
    return errorAnswer('spot', -1128, 'Combination of optional parameters invalid.');
  }
  if (symbol !== null) return answerOne(pairs.get(symbol), type, status, nowMs);
  const wanted = symbols === null ? [...pairs.keys()] : parseSymbols(symbols);
  if (wanted === undefined) return invalid('symbols');
  const found = wanted.map((name) => pairs.get(name));
  if (!found.every((pair) => pair !== undefined)) return errorAnswer('spot', -1121, 'Invalid symbol.');
  const rows = found
    .filter((pair) => status === null || pair.status === (status as SymbolStatus))
    .map((pair) => spotTicker(pair, type, nowMs));
  return jsonAnswer('spot', symbols === null ? 80 : weightOf(wanted.length), rows);
}

export function answerFuturesTicker(
  instruments: readonly Instrument[],
  query: URLSearchParams,
  nowMs: number,
): RestAnswer {
  const contracts = instruments.filter((instrument) => instrument.market === 'usdm');
  const symbol = query.get('symbol');
  if (symbol === null) {
    return jsonAnswer(
      'futures',
      40,
      contracts.map((instrument) => futuresTicker(instrument, nowMs)),
    );
  }
  const instrument = contracts.find((contract) => contract.symbol === symbol);
  if (instrument === undefined) return errorAnswer('futures', -1121, 'Invalid symbol.');
  return jsonAnswer('futures', 1, futuresTicker(instrument, nowMs));
}

function answerOne(
  pair: SpotPair | undefined,
  type: TickerType,
  status: string | null,
  nowMs: number,
): RestAnswer {
  if (pair === undefined) return errorAnswer('spot', -1121, 'Invalid symbol.');
  if (status !== null && pair.status !== status) {
    return errorAnswer('spot', -1220, "The symbol's status does not match the requested symbolStatus.");
  }
  return jsonAnswer('spot', 2, spotTicker(pair, type, nowMs));
}

function weightOf(count: number): number {
  return count <= 20 ? 2 : count <= 100 ? 40 : 80;
}

function parseSymbols(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isList =
      Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
    return isList ? value : undefined;
  } catch {
    return undefined;
  }
}

function invalid(parameter: string): RestAnswer {
  return errorAnswer('spot', -1100, `Illegal characters found in parameter '${parameter}'.`);
}
