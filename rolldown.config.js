/** DuckDB's JavaScript in one file: src/duckdb.ts says why. Its native half stays the package that npm chose for the machine. */
export default {
  input: 'node_modules/@duckdb/node-api/lib/index.js',
  platform: 'node',
  external: ['@duckdb/node-bindings'],
  output: {
    file: 'dist/duckdb-node-api.cjs',
    format: 'cjs',
    minify: true,
    banner: '/*! @duckdb/node-api, MIT License: see its LICENSE */',
  },
};
