/**
 * MurmurHash3, x86, 128 bits. Among a million keys two share a hash with a probability of 10^-27; it is no defence against
 * someone who chooses keys so that they do.
 * Source: smhasher, `MurmurHash3_x86_128`.
 */

/** Hashes `count` words, a multiple of four. @param hash takes the four words of the result. */
export function murmur3(words: Uint32Array, count: number, hash: Uint32Array): void {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  for (let i = 0; i < count; i += 4) {
    h1 = rotate(h1 ^ mix(words[i] ?? 0, 0x239b961b, 15, 0xab0e9789), 19) + h2;
    h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
    h2 = rotate(h2 ^ mix(words[i + 1] ?? 0, 0xab0e9789, 16, 0x38b34ae5), 17) + h3;
    h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
    h3 = rotate(h3 ^ mix(words[i + 2] ?? 0, 0x38b34ae5, 17, 0xa1e38b93), 15) + h4;
    h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
    h4 = rotate(h4 ^ mix(words[i + 3] ?? 0, 0xa1e38b93, 18, 0x239b961b), 13) + h1;
    h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
  }
  const bytes = count * 4;
  h2 ^= bytes;
  h3 ^= bytes;
  h4 ^= bytes;
  h1 = ((h1 ^ bytes) + h2 + h3 + h4) | 0;
  h2 = finish((h2 + h1) | 0);
  h3 = finish((h3 + h1) | 0);
  h4 = finish((h4 + h1) | 0);
  h1 = (finish(h1) + h2 + h3 + h4) | 0;
  hash[0] = h1;
  hash[1] = h2 + h1;
  hash[2] = h3 + h1;
  hash[3] = h4 + h1;
}

function mix(word: number, before: number, bits: number, after: number): number {
  return Math.imul(rotate(Math.imul(word, before), bits), after);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
