// Preloaded with `--import`: tells on stderr which engines a program has loaded when it ends, be it their JavaScript
// or their machine code, and how many of its own files V8 had to compile and how many it took compiled.
import { writeSync } from 'node:fs';
import module from 'node:module';
import vm from 'node:vm';

const binaries = [];
const dlopen = process.dlopen;
process.dlopen = (target, file, ...more) => {
  binaries.push(file);
  return dlopen.call(process, target, file, ...more);
};
let [compiled, taken] = [0, 0];
vm.Script = class extends vm.Script {
  constructor(...args) {
    super(...args);
    if (this.cachedDataRejected === false) taken++;
    else compiled++;
  }
};
process.on('exit', () => {
  const files = [...binaries, ...Object.keys(module._cache)];
  compiled += files.filter((file) => file.includes('/dist/')).length;
  const engines = ['nodejs-polars', '@duckdb'].filter((name) =>
    files.some((file) => file.includes(`/${name}`)),
  );
  writeSync(2, `\nloaded: ${engines.join(' ')}; compiled ${compiled}, taken ${taken}\n`);
});
