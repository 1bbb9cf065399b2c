/**
 * Keeps V8's young generation at the size that it has now: by itself it swells to 16 MiB three times over, though what
 * answers leave behind is short-lived. For a process whose environment is not ours to choose. V8 looks at the factor each
 * time that it would grow, so that what has grown already stays: a start of a second is enough for all of it. What V8 gives
 * up later, while it has little to do, it does not take back. A smaller one is collected more often, in smaller pieces.
 */
import { setFlagsFromString } from 'node:v8';

export function boundYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
