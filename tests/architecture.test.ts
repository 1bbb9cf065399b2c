import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

/**
 * Each folder of `src` may import from those in earlier lines alone. Folders of one line know nothing of each other.
 * A new folder gets its place here; a new arrow upwards is a sign that something stands in the wrong folder.
 */
const FLOORS: readonly (readonly string[])[] = [
  ['base'],
  ['bars', 'network', 'spool', 'delta', 'output', 'simulator', 'service-manager'],
  ['parquet'],
  ['lake'],
  ['sources'],
  ['ingest', 'config', 'query'],
  ['backup', 'charts', 'questions', 'services', 'upkeep'],
  ['derive'],
  ['doctor', 'learn', 'live', 'metrics'],
  ['api'],
  ['cli'],
];

/** Where venues are named beside `sources/` and `simulator/`, and why. */
const MAY_NAME_VENUES: Readonly<Record<string, string>> = {
  'src/lake/first-venue.ts': 'rows that name no venue are older than the column',
  'src/cli/program.ts': 'examples in help',
  'src/cli/commands/simulate.ts': 'it starts the simulated ones',
  'src/cli/commands/demo.ts': 'it starts the simulated ones',
};
const MAX_LINES = 300;

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => normalize(join('src', file)));
const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));

/** Also those of types alone: they, too, make two files one thing to read. */
const imports = files.flatMap((from) =>
  [...(texts.get(from) ?? '').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) => ({
    from,
    to: normalize(join(dirname(from), path)),
  })),
);

const folderOf = (file: string) => file.split('/')[1] ?? '';
const floorOf = (folder: string) => FLOORS.findIndex((floor) => floor.includes(folder));

it('every folder has its floor, and imports from lower floors alone', () => {
  const folders = [...new Set(files.map(folderOf))];
  expect(folders.filter((folder) => floorOf(folder) < 0)).toEqual([]);
  const upwards = imports
    .filter(({ from, to }) => folderOf(from) !== folderOf(to))
    .filter(({ from, to }) => floorOf(folderOf(to)) >= floorOf(folderOf(from)))
    .map(({ from, to }) => `${from} imports ${to}: ${folderOf(to)} is not below ${folderOf(from)}`);
  expect(imports.length).toBeGreaterThan(1000);
  expect(upwards).toEqual([]);
});

it('no file imports itself over others', () => {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of targets.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(circles).toEqual([]);
});

it('no venue is named outside of sources and simulator', () => {
  const strangers = files
    .filter((file) => !['sources', 'simulator'].includes(folderOf(file)) && !(file in MAY_NAME_VENUES))
    .flatMap((file) =>
      withoutComments(texts.get(file) ?? '')
        .split('\n')
        .filter((line) =>
          /binance|bybit|okx|yahoo|fapi|dapi|forceOrder/i.test(line.replaceAll('yahoo:AAPL', '')),
        )
        .map((line) => `${file}: ${line.trim()}`),
    );
  expect(strangers).toEqual([]);
});

it('files become durable in one place: `base/durable`, beside the segment that is open', () => {
  const others = files.filter(
    (file) =>
      !/^src\/(base\/durable|spool\/segments\/segment-file\.ts)/.test(file) &&
      /\bf(data)?syncSync\b|\.(data)?sync\(\)/.test(texts.get(file) ?? ''),
  );
  expect(others).toEqual([]);
});

it('no file is longer than a person reads at once', () => {
  const others = ['tests', 'bench', 'page', 'deploy', 'bin', 'examples'].flatMap(codeIn);
  const long = [...files, ...others]
    .map((file) => [file, readFileSync(file, 'utf8').split('\n').length - 1] as const)
    .filter(([, lines]) => lines > MAX_LINES)
    .map(([file, lines]) => `${file} has ${lines} lines, more than ${MAX_LINES}`);
  expect(others.length).toBeGreaterThan(300);
  expect(long).toEqual([]);
});

/** What programs left beside it is none of ours. */
function codeIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['.cache', 'node_modules'].includes(entry.name) ? [] : codeIn(path);
    return /\.(ts|js|py|html)$/.test(entry.name) ? [path] : [];
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
