/**
 * The program as CommonJS in few files, and what V8 makes of them: Node starts it in half the time that 150 modules of
 * ours and as many of DuckDB's take, and a collector loads its HTTP client in 20 ms instead of 60. What is native, or seldom
 * needed and large, stays the package that npm installed.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** What every start needs, beside `main`. */
const START =
  /runtime\.js$|src\/(cli\/(program|setting-option|option-groups|help-layout|report-error|completion\/scripts|(backup|bar|learn|serve)-commands)|config\/((quality|model-registry)-)?settings|base\/(errors|error-codes|printable|program-file)|lake\/first-venue)\.ts$|commander\/.*js$/;

/** Sources, tables and logs; without the engine of queries. */
const LAKE =
  /json-custom-numbers\/|src\/(base|bars|lake\/(?!lease|list-s3|open-s3|ensure-schema|freshness|storage|open-lake-table)|config|sources|parquet\/parquet-checkpoints|delta\/(log|format|commit|delta-table|store\/(local|data-path))|network\/(http\/(http-status-error|get-or-404)|websocket\/feed-spec))\b/;
const QUERY =
  /src\/(query\/(session|scan|skipping)|parquet\/parquet-list|output\/(cell|column-names|write-result|write-parquet))\b/;

const program = {
  input: {
    main: 'src/cli/main.ts',
    'ingest-worker': 'src/ingest/commit/ingest-worker.ts',
    'period-worker': 'src/derive/parallel/period-worker.ts',
  },
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  // The last two are parts of Fastify that no command uses: it would take them along.
  external: [
    /^@duckdb\/node-bindings-/,
    /^(nodejs-polars|pino-pretty|light-my-request|@fastify\/fast-json-stringify-compiler)$/,
  ],
  output: {
    dir: 'dist/program',
    format: 'cjs',
    dynamicImportInCjs: false,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // One file for it: each more costs a start 0.3 ms.
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'start', test: START, priority: 2 },
        { name: 'lake', test: LAKE, priority: 1 },
        { name: 'query', test: QUERY },
      ],
    },
    banner: '/*! Bundled packages are under the licenses in their own folders of node_modules */',
  },
  plugins: [
    {
      name: 'type-of-modules',
      generateBundle() {
        this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
      },
    },
    { name: 'compiled', writeBundle: compile },
  ],
};

/** The page of `serve`: one module with its charts, for browsers; no part of it comes from elsewhere. */
const page = {
  input: { page: 'page/src/main.ts' },
  platform: 'browser',
  output: { dir: 'dist/program/page', format: 'esm', minify: true, entryFileNames: '[name].js' },
  plugins: [
    {
      name: 'files-of-the-page',
      generateBundle() {
        const emit = (fileName, sources) => {
          const texts = sources.map((name) => readFileSync(join('page', name), 'utf8'));
          this.emitFile({ type: 'asset', fileName, source: texts.join('') });
        };
        emit('index.html', ['index.html']);
        emit(
          'page.css',
          ['theme', 'frame', 'parts', 'views'].map((name) => `styles/${name}.css`),
        );
      },
    },
  ],
};

export default [program, page];

/** Beside the program, what `bin/crypto-lake.js` gives to V8 instead of having it compile; for this very Node alone. */
function compile({ dir }, bundle) {
  const folder = join(dir, `compiled-${process.version}-${process.platform}-${process.arch}`);
  mkdirSync(folder);
  // All functions, not only those that a file runs at once.
  setFlagsFromString('--no-lazy');
  const scripts = Object.values(bundle)
    .filter(({ type }) => type === 'chunk')
    .map(({ fileName, code }) => [
      fileName,
      new Script(module.wrap(code), { filename: join('dist/program', fileName) }),
    ]);
  setFlagsFromString('--lazy');
  for (const [fileName, script] of scripts) writeFileSync(join(folder, fileName), script.createCachedData());
}
