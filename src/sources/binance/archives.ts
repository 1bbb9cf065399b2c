/** The archive of Binance: bars and aggregate trades of past days and months. */
import type { AggregateTrade } from '../aggregate-trade.ts';
import type { ArchivePeriod, ArchiveSpec, BarArchive, TradeArchive } from '../archive-spec.ts';
import {
  type ArchiveKind,
  aggregateTradeOf,
  archivePath,
  csvLines,
  klineItemsOf,
  parseChecksum,
  unzipCsv,
} from './archive-file.ts';
import { parseAggregateTrade } from './parse-aggregate-trade.ts';
import { parseKlineItems } from './parse-kline.ts';
import { ARCHIVE_URL } from './settings.ts';

const LICENCE =
  'the archive of Binance is CC BY-NC-SA 4.0 since 2026-08-26: for research and personal use, not for commerce';

function archive<T>(
  kind: ArchiveKind,
  parse: (cells: string[], of: ArchivePeriod) => T | string,
): ArchiveSpec<T> {
  return {
    licence: LICENCE,
    markets: ['spot', 'usdm', 'coinm'],
    fileUrl: (addresses, file) => `${addresses[ARCHIVE_URL]}/${archivePath({ ...file, kind })}`,
    checksum: parseChecksum,
    async read(file, name, of) {
      return parsed(csvLines(await unzipCsv(file, name)), (cells) => parse(cells, of));
    },
  };
}

function* parsed<T>(lines: Iterable<string[]>, parse: (cells: string[]) => T): Generator<T> {
  for (const cells of lines) yield parse(cells);
}

export const BINANCE_BAR_ARCHIVE: BarArchive = archive('klines', (cells, { market, symbol }) =>
  parseKlineItems(klineItemsOf(cells), market, symbol),
);

export const BINANCE_TRADE_ARCHIVE: TradeArchive = archive('aggTrades', (cells): AggregateTrade | string =>
  parseAggregateTrade(aggregateTradeOf(cells)),
);
