/** Small programs against the built sources, each in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** What it has printed so far, in lines. */
  readonly lines: () => string[];
  readonly ended: Promise<void>;
}

/** Runs an ES module in which `from('spool/segments/spool.js')` imports a built file. */
export function runChild(code: string): Child {
  const root = pathToFileURL(`${resolve('dist')}/`).href;
  const source = `const from = (path) => import(new URL(path, ${JSON.stringify(root)}).href);\n${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return {
    process: child,
    lines: () => text.split('\n').slice(0, -1),
    ended: new Promise((done) => child.on('close', () => done())),
  };
}
