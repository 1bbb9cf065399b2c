import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SpoolRecord } from '../../src/spool/segments/record.ts';
import { encodeRecord, RECORD_HEADER_BYTES } from '../../src/spool/segments/record-codec.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../../src/spool/segments/segment-header.ts';
import { contentOf, frame, temporaryFolder } from '../support/spool-records.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  path = join(folder, '0000000007.segment');
});
afterAll(() => rm(folder, { recursive: true }));

const marker = Buffer.from('f00dfeedfacecafe', 'hex');
const aRecord: fc.Arbitrary<SpoolRecord> = fc.record({
  kind: fc.constantFrom('frame', 'binary', 'response', 'event'),
  receivedAtUs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  connection: fc.constantFrom('', 'ws-1', 'rest', '币安'),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // A payload that looks like what the reader looks for, even like a whole record of another segment.
    fc.constant(Buffer.concat([marker, marker, Buffer.from('tail')])),
    fc.constant(encodeRecord(frame('inner'), Buffer.from('0102030405060708', 'hex'))),
  ),
});
const someRecords = fc.array(aRecord, { minLength: 1, maxLength: 12 });

function segmentOf(records: readonly SpoolRecord[]) {
  const header = encodeSegmentHeader({ segment: 7, createdAtUs: 1, marker });
  const parts = records.map((record) => encodeRecord(record, marker));
  let end = SEGMENT_HEADER_BYTES;
  const ends = parts.map((part) => {
    end += part.length;
    return end;
  });
  return { bytes: Buffer.concat([header, ...parts]), ends };
}

async function readBack(bytes: Buffer) {
  await writeFile(path, bytes);
  return contentOf(path);
}

function plain(records: readonly SpoolRecord[]) {
  return records.map((record) => ({ ...record, payload: Buffer.from(record.payload).toString('hex') }));
}

describe('a segment', () => {
  test('is read as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(someRecords, async (records) => {
        const content = await readBack(segmentOf(records).bytes);
        expect(plain(content.records)).toEqual(plain(records));
        expect(content.damaged).toEqual([]);
      }),
    );
  });

  test('cut anywhere gives every record before the cut, and no damage', async () => {
    await fc.assert(
      fc.asyncProperty(someRecords, fc.double({ min: 0, max: 1, noNaN: true }), async (records, share) => {
        const { bytes, ends } = segmentOf(records);
        const cut = Math.floor(bytes.length * share);
        const content = await readBack(bytes.subarray(0, cut));
        expect(plain(content.records)).toEqual(plain(records.filter((_, i) => (ends[i] ?? 0) <= cut)));
        expect(content.damaged).toEqual([]);
      }),
    );
  });

  test('with any byte flipped gives every other record, before and after, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        someRecords,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.integer({ min: 1, max: 255 }),
        async (records, share, flip) => {
          const { bytes, ends } = segmentOf(records);
          const at = Math.floor(bytes.length * share);
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          const hit = at < SEGMENT_HEADER_BYTES ? -1 : ends.findIndex((end) => at < end);
          const content = await readBack(bytes);
          expect(plain(content.records)).toEqual(plain(records.filter((_, i) => i !== hit)));
          expect(content.damaged).toHaveLength(hit === -1 ? 0 : 1);
          if (hit >= 0) {
            const start = hit === 0 ? SEGMENT_HEADER_BYTES : ends[hit - 1];
            expect(content.damaged[0]).toMatchObject({
              offset: start,
              length: (ends[hit] ?? 0) - (start ?? 0),
            });
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test('whose last record is damaged before a payload that holds the marker tells of all of it', async () => {
    const { bytes } = segmentOf([frame('whole'), { ...frame(''), payload: Buffer.concat([marker, marker]) }]);
    const length = RECORD_HEADER_BYTES + Buffer.byteLength(frame('').connection) + 2 * marker.length;
    const offset = bytes.length - length;
    bytes[offset] = (bytes[offset] ?? 0) ^ 1;
    expect((await readBack(bytes)).damaged).toMatchObject([{ offset, length }]);
  });

  test('with many damaged places still gives every record that is whole', async () => {
    await fc.assert(
      fc.asyncProperty(someRecords, fc.array(fc.nat(), { maxLength: 8 }), async (records, places) => {
        const { bytes, ends } = segmentOf(records);
        const first = ends[0] ?? 0;
        const hit = new Set<number>();
        for (const place of places) {
          if (bytes.length === first) break;
          const at = first + (place % (bytes.length - first));
          bytes[at] = (bytes[at] ?? 0) ^ 0x55;
          hit.add(at);
        }
        const isWhole = (i: number) =>
          ![...hit].some((at) => at < (ends[i] ?? 0) && at >= (ends[i - 1] ?? 0) && bytes[at] !== undefined);
        const content = await readBack(bytes);
        const expected = plain(records.filter((_, i) => isWhole(i)));
        // A place that was flipped twice is whole again: then more comes back than is asked for.
        for (const record of expected) expect(plain(content.records)).toContainEqual(record);
      }),
    );
  });

  test('loses the bytes that were taken out of its middle, not the records behind them', async () => {
    const records = Array.from({ length: 20 }, (_, i) => frame(`record ${i} ${'x'.repeat(100)}`));
    const { bytes, ends } = segmentOf(records);
    const at = (ends[4] ?? 0) + RECORD_HEADER_BYTES + 20;
    const content = await readBack(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 50)]));
    expect(plain(content.records)).toEqual(plain(records.filter((_, i) => i !== 5)));
    expect(content.damaged).toHaveLength(1);
  });

  test('never gives a record out of the payload of a damaged one', async () => {
    const inner = encodeRecord(frame('never sent'), randomBytes(8));
    const { bytes, ends } = segmentOf([frame('a'), { ...frame(''), payload: inner }, frame('b')]);
    const at = (ends[0] ?? 0) + 16;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    expect(plain((await readBack(bytes)).records)).toEqual(plain([frame('a'), frame('b')]));
  });

  test('may end in zeros after a power loss', async () => {
    const content = await readBack(Buffer.concat([segmentOf([frame('a')]).bytes, Buffer.alloc(100_000)]));
    expect(content).toMatchObject({ damaged: [], records: [{ connection: 'ws-1' }] });
  });

  test('with records longer than any chunk is read around damage', async () => {
    const long = { ...frame(''), payload: randomBytes(5_000_000) };
    const { bytes, ends } = segmentOf([frame('a'), long, frame('b'), long, frame('c')]);
    const at = (ends[0] ?? 0) + 2_000_000;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const content = await readBack(bytes);
    expect(content.records.map(({ payload }) => payload.length)).toEqual([1, 1, 5_000_000, 1]);
    expect(content.damaged).toMatchObject([{ offset: ends[0], length: RECORD_HEADER_BYTES + 4 + 5_000_000 }]);
    expect(content.damaged[0]?.bytes.length).toBe(4096);
  });

  test('that is no segment is refused, and so is one of a newer version', async () => {
    await expect(readBack(Buffer.alloc(5000, 'x'))).rejects.toMatchObject({ code: 'SPOOL_DAMAGED' });
    const { bytes } = segmentOf([frame('a')]);
    bytes.writeUInt16LE(2, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 32)), 32);
    await expect(readBack(bytes)).rejects.toMatchObject({ code: 'SPOOL_NEWER' });
  });
});
