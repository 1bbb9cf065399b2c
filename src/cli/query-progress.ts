/** How far a long query is: a bar on a terminal, a line now and then in a log, nothing with `--quiet`. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Io } from './io.ts';

export interface QueryProgress {
  /** Takes the bar away. */
  stop(): void;
}

const ERASE = '\r\x1b[2K';
const DRAW_MS = 250;
const LOG_MS = 30_000;
/** What ends sooner needs no bar. */
const PATIENCE_MS = 700;
const BAR_CHARS = 20;

export function showProgress(connection: DuckDBConnection, io: Io): QueryProgress {
  if (io.quiet) return { stop: () => undefined };
  const startedMs = performance.now();
  const isLive = io.stderr.isTTY === true && process.env.TERM !== 'dumb';
  let isShown = false;
  const tick = () => {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs < PATIENCE_MS) return;
    const text = progressText(connection.progress.percentage, elapsedMs, io.unicode);
    if (!isLive) return io.say(text);
    isShown = true;
    io.stderr.write(ERASE + text.slice(0, (io.stderr.columns ?? 80) - 1));
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

/** @param percentage what DuckDB guesses; 0 and less when it cannot tell. Its counts of rows are those of files. */
export function progressText(percentage: number, elapsedMs: number, unicode: boolean): string {
  const seconds = elapsedMs / 1000;
  if (percentage < 1) return `running for ${Math.round(seconds)} s`;
  const full = Math.round((percentage / 100) * BAR_CHARS);
  const [done, left] = unicode ? ['█', '░'] : ['#', '.'];
  const secondsLeft = Math.ceil((seconds * (100 - percentage)) / percentage);
  return `${done.repeat(full)}${left.repeat(BAR_CHARS - full)} ${Math.floor(percentage)} %  about ${secondsLeft} s left`;
}
