/**
 * Keeps V8's heap small in a process whose environment is not ours to choose, and whose large things lie outside of it.
 *
 * The young generation does not grow beyond what it is now: by itself it swells to 16 MiB three times over under load,
 * though what answers leave behind is short-lived. V8 looks at the factor each time that it would grow; without it, it is
 * collected in small pieces more often. The old one is collected when it has grown by half, where V8 waits until it has
 * grown fourfold while there is little of it.
 */
import { setFlagsFromString } from 'node:v8';

export function boundHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=50');
}
