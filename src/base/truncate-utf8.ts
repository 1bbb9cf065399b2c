/**
 * The beginning of a text from outside, for `quarantine.raw`: at most 4 KiB of valid UTF-8. It is a text of its own: a
 * slice would keep the whole megabyte it was cut from in memory until the segment is stored.
 */
const buffer = Buffer.alloc(4096);
const encoder = new TextEncoder();

export function truncateUtf8(text: string): string {
  const { written } = encoder.encodeInto(text, buffer);
  return buffer.toString('utf8', 0, written);
}
