import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { it } from 'vitest';
import { shortCrc32 } from '../../src/spool/segments/short-crc32.ts';

it('the checksum of a record header is the one that zlib gives', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(40), fc.nat(40), (bytes, before, after) => {
      const within = Buffer.concat([Buffer.alloc(before, 1), bytes, Buffer.alloc(after, 2)]);
      return shortCrc32(within, before, before + bytes.length) === crc32(bytes);
    }),
  );
});
