/** Is this Node new enough? The least version is the one that package.json asks for. */
import { readPackage } from '../../base/program-file.ts';
import type { Check } from '../check.ts';

export function nodeVersion(running = process.versions.node): Check {
  return {
    name: 'node',
    async run() {
      const least = leastVersion();
      const text = `Node ${running}; ${least} or newer is needed`;
      if (compare(running, least) >= 0) return { status: 'ok', text };
      return { status: 'fail', text, fix: `install Node ${least} or newer from https://nodejs.org` };
    },
  };
}

function leastVersion(): string {
  return readPackage().engines.node.replace(/^\D+/, '');
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
