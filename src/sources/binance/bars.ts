/**
 * Closed 1m bars of the watched symbols: the kline streams of spot, USDⓈ-M and COIN-M, a group of sockets each. Of their
 * frames only closed bars are kept; forming ones are for who looks on.
 * Source: Binance docs, "Kline/Candlestick Streams"; the routes of USDⓈ-M, "Important WebSocket Change Notice".
 */

import type { Bar } from '../../bars/bar.ts';
import { jsonFields } from '../../base/json-fields.ts';
import { BAR_CORRECTIONS_TABLE } from '../../lake/tables/bar-corrections.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import { type FeedSpec, type FrameKind, groupOf } from '../../network/websocket/feed-spec.ts';
import type { SpoolRecord } from '../../spool/segments/record.ts';
import { readResponse, recordText } from '../record-text.ts';
import type { Rows } from '../rows.ts';
import type { Source } from '../source.ts';
import { STARTED } from '../watched-symbol.ts';
import { BINANCE_BAR_ARCHIVE } from './archives.ts';
import { hashBarFrame } from './bar-frame-key.ts';
import { scanClosedKline } from './kline-fast-path.ts';
import { BINANCE_HISTORY, KLINE_STREAM } from './kline-history.ts';
import { marketOfGroup, planMarketStreams } from './market-streams.ts';
import { parseKlineEvent } from './parse-kline.ts';
import { readKlineAnswer } from './read-kline-answer.ts';
import { SPOT_WS_URL } from './settings.ts';

const VENUE = 'binance';
const HEAD_BYTES = 160;

const hash = new Uint32Array(4);
/** By connection: some dozens. */
const markets = new Map<string, string>();

/** Closed or not stands near the end of a frame. */
export function classifyKlineFrame(frame: Buffer): FrameKind {
  const head = frame.toString('latin1', 0, HEAD_BYTES);
  if (head.includes('kline_1s') || head.includes('markPrice')) return 'tick';
  if (head.includes('"kline"')) return frame.includes('"x":false') ? 'live' : 'data';
  return head.includes('serverShutdown') ? 'shutdown' : 'other';
}

const FEED: FeedSpec = {
  stream: KLINE_STREAM,
  dataName: 'bars',
  routeName: 'bar stream',
  setting: SPOT_WS_URL,
  routeHint: 'bars of USDⓈ-M need /market',
  plan: planMarketStreams(KLINE_STREAM),
  markets: (group) => [marketOfGroup(group)],
  classify: classifyKlineFrame,
  isSilenceUnproven: false,
};

export const BINANCE_BARS: Source = {
  id: 'bars',
  venue: VENUE,
  command: 'bars',
  coverageSource: 'bars',
  tables: [BARS_1M_TABLE, BAR_CORRECTIONS_TABLE],
  feed: FEED,
  history: BINANCE_HISTORY,
  barArchive: BINANCE_BAR_ARCHIVE,
  decode(record, facts, rows) {
    if (record.kind === 'response') decodeAnswer(record, rows);
    else decodeFrame(record, facts[STARTED], rows);
  },
};

function decodeFrame(record: SpoolRecord, startedUs: unknown, rows: Rows): void {
  const market = marketOf(record.connection);
  const usual = scanClosedKline(record.payload, market, record.receivedAtUs);
  if (usual) {
    takeClosed(usual, record, startedUs, rows);
    return;
  }
  const text = recordText(record);
  const kind = classifyKlineFrame(Buffer.from(record.payload));
  if (kind === 'tick' || kind === 'shutdown') {
    rows.heard(null);
    return;
  }
  const fields = jsonFields(text);
  const event = typeof fields.data === 'object' && fields.data !== null ? { ...fields.data } : fields;
  if (!('e' in event) && ('result' in event || 'error' in event)) return;
  const parsed =
    event.e === 'kline'
      ? parseKlineEvent(event, market, record.receivedAtUs)
      : ({ kind: 'bad', reason: 'not an event of a kline' } as const);
  if (parsed.kind === 'bad') rows.quarantine(parsed.reason, text, market);
  // Kept because it was not written like others; it is no closed bar all the same.
  else if (parsed.kind === 'forming') rows.heard(null);
  else takeClosed(parsed.bar, record, startedUs, rows);
}

/** One text for a market, not one a frame: what is looked up by it again and again is found without reading it. */
function marketOf(connection: string): string {
  let market = markets.get(connection);
  if (market === undefined) {
    market = marketOfGroup(groupOf(connection));
    markets.set(connection, market);
  }
  return market;
}

function takeClosed(bar: Bar, record: SpoolRecord, startedUs: unknown, rows: Rows): void {
  const { market, eventTimeUs, openTimeUs } = bar;
  rows.heard(market);
  // The minute in which the process began comes by REST. Both clocks may differ: by as much as this frame says.
  const aheadUs = (eventTimeUs ?? record.receivedAtUs) - record.receivedAtUs;
  if (typeof startedUs === 'number' && openTimeUs < startedUs + aheadUs) return;
  const isFirst = rows.bar(bar, 'stream', record.payload);
  hashBarFrame(market, bar, hash);
  rows.delivered(hash, market, isFirst);
}

function decodeAnswer(record: SpoolRecord, rows: Rows): void {
  const { request, body } = readResponse(record);
  const { market, stream, startedAtUs, history } = request;
  if (history === undefined) return;
  const answer = readKlineAnswer(body, market, history.symbol, history);
  if (typeof answer === 'string') {
    rows.quarantine(answer, body, market);
    rows.polled({ stream, market, startedAtUs, rows: 0, failure: answer });
    return;
  }
  for (const { raw, reason } of answer.bad) rows.quarantine(reason, raw, market);
  for (const bar of answer.bars) rows.bar(bar, 'rest');
}
