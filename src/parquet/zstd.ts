/**
 * Zstandard in WebAssembly. Node has its own from 22.15 on, and half a millisecond for a page of a data file is soon enough.
 */
import type { ZSTDDecoder } from 'zstddec';

let decoder: ZSTDDecoder | undefined;

/** To be awaited before the first {@link unzstd}. */
export async function loadZstd(): Promise<void> {
  if (decoder !== undefined) return;
  const { ZSTDDecoder } = await import('zstddec');
  const made = new ZSTDDecoder();
  // Where it finds `fetch`, it has that decode its own text: an HTTP client more in memory, for nothing.
  const { fetch } = globalThis;
  Reflect.deleteProperty(globalThis, 'fetch');
  const loading = made.init();
  globalThis.fetch = fetch;
  await loading;
  decoder = made;
}

/** @throws Error for bytes that are not a frame of just this size. */
export function unzstd(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  if (decoder === undefined) throw new Error('it is not loaded yet');
  const plain = decoder.decode(bytes, sizeBytes);
  if (plain.length !== sizeBytes) throw new Error('a damaged page');
  return plain;
}
