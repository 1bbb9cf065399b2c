/** One view of the page. It fills `root`, and ends all that it began when `signal` does. */
import type { Live } from './live.ts';

export interface ViewContext {
  readonly signal: AbortSignal;
  readonly live: Live;
}

export type View = (root: HTMLElement, context: ViewContext) => Promise<void>;
