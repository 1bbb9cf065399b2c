/** A model as people name it: `BTCUSDT.1m.next-price.1`, which is its champion, or one version behind an `@`. */
export interface ModelAddress {
  readonly name: string;
  readonly version: string | undefined;
}

export function parseModelAddress(text: string): ModelAddress {
  const [, name = '', version] = /^(.*?)(?:@(\d+))?$/s.exec(text) ?? [];
  return { name, version };
}
