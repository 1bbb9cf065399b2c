import type { WatchedSymbol } from '../../sources/watched-symbol.ts';

/** The watched symbols of a lake, by its table `symbols`. */
export async function readWatched(_lake: string): Promise<readonly WatchedSymbol[]> {
  return [];
}
