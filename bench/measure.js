/** Measures a child process: wall time and peak memory of it and its children, from the outside. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../bin/crypto-lake.js', import.meta.url));

/** Runs a command to its end. @returns seconds, and the peak resident MiB while it ran (sampled). */
export async function measure(command, args, { env = process.env, capture = false } = {}) {
  const started = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', capture ? 'pipe' : 'ignore', 'inherit'] });
  let stdout = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  let peakMiB = 0;
  const sampler = setInterval(() => {
    peakMiB = Math.max(peakMiB, peakOf(child.pid));
  }, 5);
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearInterval(sampler);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, peakMiB, stdout };
}

function peakOf(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
