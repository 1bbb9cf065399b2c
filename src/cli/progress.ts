/** How far long work is: a bar on a terminal, a line now and then in a log, nothing with `--quiet`. */
import { durationText, timeLeftText } from '../base/duration.ts';
import { sizeText } from '../base/size.ts';
import type { Io } from './io.ts';

export interface Progress {
  /** 0 to 1; undefined while nobody can tell. */
  readonly share: number | undefined;
  /** Such as `3 of 12 files`. */
  readonly detail?: string;
  /** Done so far, for the rate. */
  readonly bytes?: number;
}

export interface ProgressDisplay {
  /** Takes the bar away. */
  stop(): void;
}

const ERASE = '\r\x1b[2K';
const DRAW_MS = 250;
const LOG_MS = 30_000;
/** What ends sooner needs no bar. */
const PATIENCE_MS = 700;
const BAR_CHARS = 20;

export function showProgress(io: Io, read: () => Progress): ProgressDisplay {
  if (io.quiet) return { stop: () => undefined };
  const startedMs = performance.now();
  const isLive = io.stderr.isTTY === true && process.env.TERM !== 'dumb';
  let isShown = false;
  const tick = () => {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs < PATIENCE_MS) return;
    const text = progressText(read(), elapsedMs, io.unicode);
    if (!isLive) return io.say(text);
    isShown = true;
    io.stderr.write(ERASE + [...text].slice(0, (io.stderr.columns || 80) - 1).join(''));
  };
  const timer = setInterval(tick, isLive ? DRAW_MS : LOG_MS);
  return {
    stop() {
      clearInterval(timer);
      if (isShown) io.stderr.write(ERASE);
      isShown = false;
    },
  };
}

/** The time left comes first: a narrow terminal cuts what is last. */
export function progressText(
  { share, detail, bytes }: Progress,
  elapsedMs: number,
  unicode: boolean,
): string {
  const seconds = elapsedMs / 1000;
  const parts = [
    ...(bytes ? [`${sizeText(bytes / seconds)}/s`] : []),
    ...(detail === undefined ? [] : [detail]),
  ];
  if (share === undefined || share < 0.01)
    return [`running for ${durationText(elapsedMs)}`, ...parts].join(', ');
  const left = timeLeftText((elapsedMs * (1 - share)) / share);
  const bar = `${progressBar(share, unicode)} ${Math.floor(share * 100)} %`;
  return `${bar}  ${[`about ${left} left`, ...parts].join(', ')}`;
}

export function progressBar(share: number, unicode: boolean): string {
  const full = Math.round(Math.min(1, share) * BAR_CHARS);
  const [done, left] = unicode ? ['█', '░'] : ['#', '.'];
  return done.repeat(full) + left.repeat(BAR_CHARS - full);
}
