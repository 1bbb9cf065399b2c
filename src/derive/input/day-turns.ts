/** Loops over the same days go on side by side, so that a day is read once for all of them. */

export interface DayTurn {
  /** Waits until the others are done with all days before this one, microseconds since the epoch. */
  begin(dayUs: number): Promise<void>;
  /** No more days; also after an error. */
  end(): void;
}

export class DayTurns {
  /** The day that each is at. */
  readonly #at: number[] = [];
  #waiting: (() => void)[] = [];

  /** All take part before the first one begins. */
  join(): DayTurn {
    const place = this.#at.push(Number.NEGATIVE_INFINITY) - 1;
    return {
      begin: async (dayUs) => {
        this.#move(place, dayUs);
        while (Math.min(...this.#at) < dayUs)
          await new Promise<void>((resolve) => {
            this.#waiting.push(resolve);
          });
      },
      end: () => this.#move(place, Number.POSITIVE_INFINITY),
    };
  }

  #move(place: number, dayUs: number): void {
    this.#at[place] = dayUs;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
