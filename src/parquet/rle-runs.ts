/**
 * Levels and dictionary indexes where only some of them are wanted: what {@link readRleHybrid} makes numbers of all at once
 * stays packed here, and the number at a place is looked up. Source: Parquet format, "Encodings".
 */
import { type Cursor, readVarint } from './thrift-struct.ts';

interface Run {
  /** The places from the end of the run before it up to here, exclusive. */
  readonly end: number;
  /** What they all are; undefined: they are packed from `at` on. */
  readonly value: number | undefined;
  readonly at: number;
}

export class RleRuns {
  readonly #bytes: Uint8Array;
  readonly #width: number;
  readonly #runs: Run[] = [];
  /** The run of the last place that was asked for, and where it begins. */
  #run = 0;
  #start = 0;

  /** @param width bits of a number, at most 24. @throws RangeError when the bytes end too early. */
  constructor(cursor: Cursor, width: number, count: number) {
    if (width > 24) throw new RangeError(`numbers of ${width} bits`);
    const { bytes } = cursor;
    this.#bytes = bytes;
    this.#width = width;
    for (let end = 0; end < count; ) {
      const head = readVarint(cursor);
      const at = cursor.at;
      if ((head & 1) === 0) {
        end += head >>> 1;
        cursor.at += Math.ceil(width / 8);
        this.#runs.push({ end, value: this.#bitsAt(at, 0, Math.ceil(width / 8) * 8), at });
      } else {
        end += (head >>> 1) * 8;
        cursor.at += (head >>> 1) * width;
        this.#runs.push({ end, value: undefined, at });
      }
      if (head < 2) throw new RangeError('a run of nothing');
    }
  }

  /** Whether all of the numbers are known to be this one. */
  areAll(value: number): boolean {
    return this.#runs.every((run) => run.value === value);
  }

  /** Fastest from the first to the last. */
  valueAt(place: number): number {
    if (place < this.#start) {
      this.#run = 0;
      this.#start = 0;
    }
    let run = this.#runs[this.#run];
    while (run !== undefined && place >= run.end) {
      this.#start = run.end;
      run = this.#runs[++this.#run];
    }
    if (run === undefined) throw new RangeError('a place behind the last run');
    if (run.value !== undefined) return run.value;
    const bit = (place - this.#start) * this.#width;
    return this.#bitsAt(run.at + (bit >> 3), bit & 7, this.#width);
  }

  /** @returns the places below `count` that have a number, ascending. */
  placesOf(value: number, count: number): number[] {
    const places: number[] = [];
    let start = 0;
    for (const run of this.#runs) {
      const end = Math.min(run.end, count);
      if (run.value === undefined || run.value === value)
        for (let place = start; place < end; place++)
          if (run.value === value || this.valueAt(place) === value) places.push(place);
      start = end;
    }
    return places;
  }

  #bitsAt(at: number, shift: number, width: number): number {
    const bytes = this.#bytes;
    if (at + ((shift + width + 7) >> 3) > bytes.length) throw new RangeError('the bytes end too early');
    const four =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    return (four >>> shift) & (2 ** width - 1);
  }
}
