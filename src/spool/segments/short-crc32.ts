/** CRC-32 of a few bytes: for a record's header a call of `zlib.crc32` would take four times as long. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

export function shortCrc32(bytes: Uint8Array, from: number, end: number): number {
  let crc = -1;
  for (let at = from; at < end; at++) crc = (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}
