/**
 * Memory that large answers are written into, used again once they are sent: hundreds of megabytes a second come otherwise
 * faster than the garbage collector, which does not see most of their size, takes them away.
 */
export interface Slab {
  readonly bytes: Buffer;
  readonly view: DataView;
}

const SLAB_BYTES = 64 * 1024;
/** What waits to be used again at most. */
const MAX_FREE = 384;

const free: Slab[] = [];
const slabs = new WeakMap<ArrayBufferLike, Slab>();

/** @param leastBytes that it must hold; more than usual makes one that is not used again. */
export function takeSlab(leastBytes: number): Slab {
  if (leastBytes > SLAB_BYTES) return newSlab(leastBytes);
  const known = free.pop();
  if (known) return known;
  const slab = newSlab(SLAB_BYTES);
  slabs.set(slab.bytes.buffer, slab);
  return slab;
}

/** For who has sent what was written, and has given it to nobody else: each piece once. */
export function giveBack(pieces: readonly Buffer[]): void {
  for (const { buffer } of pieces) {
    const slab = slabs.get(buffer);
    if (slab && free.length < MAX_FREE) free.push(slab);
  }
}

function newSlab(sizeBytes: number): Slab {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  return { bytes, view: new DataView(bytes.buffer) };
}
