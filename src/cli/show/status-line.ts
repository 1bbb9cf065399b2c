/** One live line at the bottom of the terminal; log lines go above it. On anything else than a terminal it is silent. */
import type { Io } from '../io.ts';

const ERASE = '\r\x1b[2K';

export class StatusLine {
  readonly #io: Io;
  readonly #live: boolean;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(io: Io) {
    this.#io = io;
    this.#live = io.stderr.isTTY === true && !io.quiet && process.env.TERM !== 'dumb';
  }

  /** Draws what `text` returns, once a second. */
  start(text: () => string): void {
    if (!this.#live) return;
    const draw = () => {
      const columns = this.#io.stderr.columns || 80;
      this.#text = [...text()].slice(0, columns - 1).join('');
      this.#io.stderr.write(ERASE + this.#text);
    };
    draw();
    this.#timer = setInterval(draw, 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#text) this.#io.stderr.write(ERASE);
    this.#text = '';
  }

  /** For the logger: writes whole lines above the status line. */
  write(lines: string): void {
    this.#io.stderr.write(this.#text ? `${ERASE}${lines}${this.#text}` : lines);
  }
}
