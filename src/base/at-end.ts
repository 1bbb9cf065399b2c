/**
 * What may wait for others when a command has ended, such as a server that does not answer: it gives up then, so that it
 * does not keep the program from ending.
 */
const endings = new Set<() => void>();

export function atEnd(giveUp: () => void): void {
  endings.add(giveUp);
}

export function giveUpWaiting(): void {
  for (const giveUp of endings) giveUp();
}
