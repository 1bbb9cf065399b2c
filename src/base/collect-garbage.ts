/**
 * Frees what nobody holds any longer, at once. V8 knows nothing of the megabytes that a library keeps for a small object of
 * its heap, and would let dozens of them lie there.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Costs some 10 ms: for once in a while. What a library holds is given back when the event loop turns. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    // Only there: nobody else sees it.
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
