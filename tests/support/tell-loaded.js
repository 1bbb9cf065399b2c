// Preloaded with `--import`: tells on stderr which engines a program has loaded when it ends, be it their JavaScript
// or their machine code.
import { writeSync } from 'node:fs';
import module from 'node:module';

const binaries = [];
const dlopen = process.dlopen;
process.dlopen = (target, file, ...more) => {
  binaries.push(file);
  return dlopen.call(process, target, file, ...more);
};
process.on('exit', () => {
  const files = [...binaries, ...Object.keys(module._cache)];
  const engines = ['nodejs-polars', '@duckdb'].filter((name) =>
    files.some((file) => file.includes(`/${name}`)),
  );
  writeSync(2, `\nloaded: ${engines.join(' ')}; ${files.length} files\n`);
});
