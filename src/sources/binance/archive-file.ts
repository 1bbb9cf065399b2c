/**
 * A file of the archive: its address, its checksum, and its lines. One zip holds one CSV; a header line is recognised by its
 * first cell. Source: binance-public-data, README.
 */
import { createHash } from 'node:crypto';
import { LakeError, messageOf } from '../../base/errors.ts';

export type ArchiveKind = 'klines' | 'aggTrades';

const FOLDERS: Readonly<Record<string, string>> = { spot: 'spot', usdm: 'futures/um', coinm: 'futures/cm' };

export interface ArchiveFile {
  readonly market: string;
  readonly symbol: string;
  readonly kind: ArchiveKind;
  /** `2026-11-20`, or `2026-11` for a month. */
  readonly period: string;
}

/** @returns the path below the archive's address. */
export function archivePath({ market, symbol, kind, period }: ArchiveFile): string {
  const name = encodeURIComponent(symbol);
  const every = period.length === 7 ? 'monthly' : 'daily';
  const folder = `data/${FOLDERS[market]}/${every}/${kind}/${name}`;
  return kind === 'klines'
    ? `${folder}/1m/${name}-1m-${period}.zip`
    : `${folder}/${name}-aggTrades-${period}.zip`;
}

/** The checksum that a `.CHECKSUM` file names, in the form of `sha256sum`; undefined when it has none. */
export function parseChecksum(text: string): string | undefined {
  return /^([0-9a-f]{64})\b/i.exec(text.trim())?.[1]?.toLowerCase();
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @returns the text of the one CSV in the zip. @throws LakeError EXCHANGE_NONSENSE. */
export async function unzipCsv(zip: Uint8Array, name: string): Promise<string> {
  // It makes tables when it is loaded: 10 ms that no other command should wait for.
  const { unzipSync } = await import('fflate');
  try {
    const [csv, ...others] = Object.entries(unzipSync(zip)).filter(([path]) => path.endsWith('.csv'));
    if (csv === undefined || others.length > 0) throw new Error('it holds not exactly one CSV');
    return Buffer.from(csv[1].buffer, csv[1].byteOffset, csv[1].byteLength).toString();
  } catch (error) {
    throw new LakeError('EXCHANGE_NONSENSE', `${name} cannot be unpacked: ${messageOf(error)}`, {
      hint: 'the archive may be about to replace it; try again later, or use `--source rest`',
    });
  }
}

/** The cells of each line but a header. */
export function* csvLines(text: string): Generator<string[]> {
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    const line = text.slice(start, text.charCodeAt(end - 1) === 13 ? end - 1 : end);
    start = end + 1;
    if (line !== '' && line.charCodeAt(0) <= 57) yield line.split(',');
  }
}

/** A line of klines in the form of a REST answer. */
export function klineItemsOf(cells: readonly string[]): readonly unknown[] {
  return cells.map((cell, index) => (index === 0 || index === 6 || index === 8 ? wholeNumber(cell) : cell));
}

/** A line of aggregate trades in the form of a REST answer. */
export function aggregateTradeOf([a, p, q, f, l, T, m]: readonly string[]): unknown {
  const maker = m?.toLowerCase();
  return {
    a: wholeNumber(a),
    p,
    q,
    f: wholeNumber(f),
    l: wholeNumber(l),
    T: wholeNumber(T),
    m: maker === 'true' ? true : maker === 'false' ? false : undefined,
  };
}

/** A cell is a text; whatever is no whole number stays one and is refused by whoever expects a number. */
function wholeNumber(cell: string | undefined): number | string | undefined {
  return cell !== undefined && /^\d{1,16}$/.test(cell) ? Number(cell) : cell;
}
