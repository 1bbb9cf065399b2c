/** The token of a login: kept for this tab alone, and never part of an address. */
const KEY = 'crypto-lake-token';
const listeners = new Set<() => void>();

export const token = {
  get: (): string | undefined => sessionStorage.getItem(KEY) ?? undefined,
  set(value: string): void {
    sessionStorage.setItem(KEY, value);
  },
  /** After a refusal: whoever shows the page asks for a login. */
  forget(): void {
    sessionStorage.removeItem(KEY);
    for (const listener of listeners) listener();
  },
  onForgotten(listener: () => void): void {
    listeners.add(listener);
  },
};
