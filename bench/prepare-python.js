/** A virtual environment with the peers, made once. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns its interpreter, or undefined where there is no Python 3.11: our half is measured alone then. */
export function preparePython(here) {
  const cache = join(here, '.cache');
  const interpreter = join(cache, 'venv', 'bin', 'python');
  const [wanted, made] = [join(here, 'peers', 'requirements.txt'), join(cache, 'requirements.txt')];
  if (existsSync(made) && readFileSync(made, 'utf8') === readFileSync(wanted, 'utf8')) return interpreter;
  try {
    execFileSync('python3', ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 11))']);
  } catch {
    console.log('Python 3.11 or newer with venv is not there: only our half is measured');
    return undefined;
  }
  mkdirSync(cache, { recursive: true });
  execFileSync('python3', ['-m', 'venv', join(cache, 'venv')], { stdio: 'inherit' });
  execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', '-r', wanted], { stdio: 'inherit' });
  copyFileSync(wanted, made);
  return interpreter;
}
