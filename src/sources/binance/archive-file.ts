/**
 * A file of the archive: its address, its checksum, and its lines. One zip holds one CSV; a header line is recognised by its
 * first cell. Source: binance-public-data, README.
 */
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import type { UnzipDecoder, UnzipFile } from 'fflate';
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

/** @returns the one CSV in the zip. @throws LakeError EXCHANGE_NONSENSE. */
export async function unzipCsv(zip: Uint8Array, name: string): Promise<Buffer> {
  try {
    const [csv, ...others] = await contentsOf(zip, '.csv');
    if (csv === undefined || others.length > 0) throw new Error('it holds not exactly one CSV');
    return csv;
  } catch (error) {
    throw new LakeError('EXCHANGE_NONSENSE', `${name} cannot be unpacked: ${messageOf(error)}`, {
      hint: 'the archive may be about to replace it; try again later, or use `--source rest`',
    });
  }
}

/** @returns what the files with that ending hold. @throws for what is no zip. */
async function contentsOf(zip: Uint8Array, ending: string): Promise<readonly Buffer[]> {
  // It makes tables when it is loaded: 10 ms that no other command should wait for.
  const { Unzip, UnzipPassThrough } = await import('fflate');
  const contents: Buffer[] = [];
  const unzip = new Unzip((file: UnzipFile) => {
    if (!file.name.endsWith(ending)) return;
    const parts: Uint8Array[] = [];
    file.ondata = (error, part, isLast) => {
      if (error) throw error;
      parts.push(part);
      if (isLast) contents.push(Buffer.concat(parts));
    };
    file.start();
  });
  unzip.register(UnzipPassThrough);
  unzip.register(NativeInflate);
  unzip.push(zip, true);
  return contents;
}

/** Node's own inflate takes a quarter of the time of one in JavaScript. */
class NativeInflate implements UnzipDecoder {
  static readonly compression = 8;
  ondata: UnzipDecoder['ondata'] = () => undefined;
  readonly #parts: Uint8Array[] = [];

  push(part: Uint8Array, isLast: boolean): void {
    this.#parts.push(part);
    if (isLast) this.ondata(null, inflateRawSync(Buffer.concat(this.#parts)), true);
  }
}

/** The cells of each line but a header. All that means something in them is ASCII. */
export function* csvLines(csv: Buffer): Generator<string[]> {
  let start = 0;
  while (start < csv.length) {
    let end = csv.indexOf(10, start);
    if (end < 0) end = csv.length;
    // A line at a time: a text of all of it would cost more than reading it.
    const line = csv.toString('latin1', start, csv[end - 1] === 13 ? end - 1 : end);
    start = end + 1;
    if (line !== '' && line.charCodeAt(0) <= 57) yield line.split(',');
  }
}

const KLINE_NUMBERS = [0, 6, 8];

/** Makes a line of klines what a REST answer has. @returns the same array. */
export function klineItemsOf(cells: string[]): readonly unknown[] {
  const items: unknown[] = cells;
  for (const index of KLINE_NUMBERS) if (index < cells.length) items[index] = wholeNumber(cells[index]);
  return items;
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
  if (cell === undefined || cell.length === 0 || cell.length > 16) return cell;
  let value = 0;
  for (let i = 0; i < cell.length; i++) {
    const code = cell.charCodeAt(i);
    if (code < 48 || code > 57) return cell;
    value = value * 10 + (code - 48);
  }
  return value;
}
