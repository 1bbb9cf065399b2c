/**
 * Counters, gauges and histograms in Prometheus' text format 0.0.4. Label sets are bounded: what would be one too many
 * is counted under `other`, so that nothing from outside makes the page grow.
 * Source: prometheus.io, "Exposition formats".
 */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(value?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  /** @param times that it was observed. */
  observe(value: number, labels?: Labels, times?: number): void;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly lines: () => Iterable<string>;
  readonly clear: () => void;
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const PREFIX = 'crypto_lake_';
const MAX_LABEL_SETS = 200;

export class Registry {
  readonly #metrics = new Map<string, Metric>();
  readonly #collectors: (() => Promise<void> | void)[] = [];

  counter(name: string, help: string): Counter {
    const values = new Map<string, number>();
    this.#add({ name, help, type: 'counter', lines: () => samples(name, values), clear: () => undefined });
    return {
      add: (value = 1, labels = {}) => {
        const key = boundedKey(values, labels);
        values.set(key, (values.get(key) ?? 0) + value);
      },
    };
  }

  /** @param isKept false where every scrape sets it anew, and what is not set is gone. */
  gauge(name: string, help: string, isKept = true): Gauge {
    const values = new Map<string, number>();
    const clear = isKept ? () => undefined : () => values.clear();
    this.#add({ name, help, type: 'gauge', lines: () => samples(name, values), clear });
    return { set: (value, labels = {}) => void values.set(boundedKey(values, labels), value) };
  }

  /** A counter whose value something else knows: set by each scrape. */
  readCounter(name: string, help: string): Gauge {
    const values = new Map<string, number>();
    this.#add({
      name,
      help,
      type: 'counter',
      lines: () => samples(name, values),
      clear: () => values.clear(),
    });
    return { set: (value, labels = {}) => void values.set(boundedKey(values, labels), value) };
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Map<string, { readonly counts: number[]; sum: number; count: number }>();
    const lines = function* () {
      for (const [key, { counts, sum, count }] of series) {
        let below = 0;
        for (const [index, bound] of bounds.entries()) {
          below += counts[index] ?? 0;
          yield `${PREFIX}${name}_bucket${withLabel(key, 'le', String(bound))} ${below}`;
        }
        yield `${PREFIX}${name}_bucket${withLabel(key, 'le', '+Inf')} ${count}`;
        yield `${PREFIX}${name}_sum${key} ${number(sum)}`;
        yield `${PREFIX}${name}_count${key} ${count}`;
      }
    };
    this.#add({ name, help, type: 'histogram', lines, clear: () => undefined });
    return {
      observe: (value, labels = {}, times = 1) => {
        const key = boundedKey(series, labels);
        const one = series.get(key) ?? { counts: bounds.map(() => 0), sum: 0, count: 0 };
        series.set(key, one);
        const index = bounds.findIndex((bound) => value <= bound);
        if (index >= 0) one.counts[index] = (one.counts[index] ?? 0) + times;
        one.sum += value * times;
        one.count += times;
      },
    };
  }

  /** Called before each scrape, to set what is read then. */
  onScrape(collect: () => Promise<void> | void): void {
    this.#collectors.push(collect);
  }

  async text(): Promise<string> {
    for (const { clear } of this.#metrics.values()) clear();
    await Promise.all(this.#collectors.map((collect) => collect()));
    const parts: string[] = [];
    for (const { name, help, type, lines } of this.#metrics.values()) {
      const all = [...lines()];
      if (all.length === 0) continue;
      parts.push(`# HELP ${PREFIX}${name} ${escapeHelp(help)}`, `# TYPE ${PREFIX}${name} ${type}`, ...all);
    }
    return `${parts.join('\n')}\n`;
  }

  #add(metric: Metric): void {
    if (this.#metrics.has(metric.name)) throw new TypeError(`the metric ${metric.name} is there twice`);
    this.#metrics.set(metric.name, metric);
  }
}

function* samples(name: string, values: ReadonlyMap<string, number>): Generator<string> {
  for (const [key, value] of values) yield `${PREFIX}${name}${key} ${number(value)}`;
}

function boundedKey(values: ReadonlyMap<string, unknown>, labels: Labels): string {
  const key = keyOf(labels);
  if (values.has(key) || values.size < MAX_LABEL_SETS) return key;
  return keyOf(Object.fromEntries(Object.keys(labels).map((name) => [name, 'other'])));
}

function keyOf(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function withLabel(key: string, name: string, value: string): string {
  const label = `${name}="${value}"`;
  return key === '' ? `{${label}}` : `${key.slice(0, -1)},${label}}`;
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function escapeLabel(text: string): string {
  return text.slice(0, 200).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
