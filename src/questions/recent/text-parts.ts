/** Short texts that are written again and again, eight bytes at a time. */
import type { Slab } from './text-slabs.ts';

export interface TextParts {
  /** Of all texts, one after the other, each in as many whole parts as it takes. */
  readonly parts: Float64Array;
  /** Of each text: its first part, the one behind its last, and its bytes. */
  readonly places: Int32Array;
  readonly longestBytes: number;
}

const [PART_BYTES, PLACE_NUMBERS] = [8, 3];

export function partsOf(texts: readonly string[]): TextParts {
  const parts: number[] = [];
  const places: number[] = [];
  let longestBytes = 0;
  for (const text of texts) {
    const sizeBytes = Buffer.byteLength(text);
    const padded = Buffer.alloc(Math.ceil(sizeBytes / PART_BYTES) * PART_BYTES);
    padded.write(text);
    const first = parts.length;
    // Bytes of UTF-8 never make a NaN, whose bits a copy would not keep.
    for (let at = 0; at < padded.length; at += PART_BYTES) parts.push(padded.readDoubleLE(at));
    places.push(first, parts.length, sizeBytes);
    longestBytes = Math.max(longestBytes, padded.length);
  }
  return { parts: Float64Array.from(parts), places: Int32Array.from(places), longestBytes };
}

/** What is written beyond the end of a text is written over by what comes next. @returns where the next byte goes. */
export function putPart({ view }: Slab, at: number, { parts, places }: TextParts, index: number): number {
  const end = places[index * PLACE_NUMBERS + 1] as number;
  for (let part = places[index * PLACE_NUMBERS] as number, next = at; part < end; part++, next += PART_BYTES)
    view.setFloat64(next, parts[part] as number, true);
  return at + (places[index * PLACE_NUMBERS + 2] as number);
}
