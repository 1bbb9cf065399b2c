/** What is shown stands in the address behind `#`, so that a link keeps the view: `#chart?symbol=BTCUSDT&timeframe=1h`. */
export interface Route {
  readonly view: string;
  readonly parameters: URLSearchParams;
}

export function readRoute(): Route {
  const [view = '', query = ''] = location.hash.slice(1).split('?', 2);
  return { view, parameters: new URLSearchParams(query) };
}

/** Changes parameters of the view that is shown; undefined takes one away. */
export function setParameters(changes: Readonly<Record<string, string | undefined>>): void {
  const { view, parameters } = readRoute();
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') parameters.delete(name);
    else parameters.set(name, value);
  }
  history.replaceState(null, '', `#${view}?${parameters.toString()}`);
}
