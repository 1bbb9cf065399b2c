/**
 * `npm run bench [-- [--smoke] [--rounds=5] [JOB …]]`: the same work on this program and on what a user would otherwise write in
 * Python (Polars, delta-rs, DuckDB), interleaved A B A B in one run, and medians of the ratios into RESULTS.md.
 * `--smoke` runs each job once on little data, to show that it works; it writes no results. Jobs not named keep theirs.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preparePython } from './prepare-python.js';
import { jobReport, saveResults } from './report.js';

// Where it is set, Node reads a hundred certificates at every start: no matter of what is measured, and half of a short start.
delete process.env.NODE_EXTRA_CA_CERTS;

const here = fileURLToPath(new URL('.', import.meta.url));
const smoke = process.argv.includes('--smoke');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const rounds = Number(process.argv.find((argument) => argument.startsWith('--rounds='))?.slice(9) ?? 5);

const names = readdirSync(join(here, 'jobs')).map((file) => file.replace(/\.js$/, ''));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no such job: ${unknown.join(', ')}; there are ${names.join(', ')}`);

const python = preparePython(here);
// On the disk that holds the project: the system's folder for temporary files may be memory, where a sync costs nothing.
mkdirSync(join(here, '.cache'), { recursive: true });
const root = mkdtempSync(join(here, '.cache', 'data-'));
try {
  for (const name of names.sort()) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    // A job that fails must not cost the results of the others.
    await runJob(name).catch((error) => {
      process.exitCode = 1;
      console.error(`${name} failed:`, error);
    });
  }
} finally {
  // Only now: files deleted between rounds make the commits that follow slower, on ext4 up to 20 times.
  rmSync(root, { recursive: true, force: true });
}

async function runJob(name) {
  const { default: job } = await import(`./jobs/${name}.js`);
  console.log(`\n${name}: ${job.title}`);
  const folder = join(root, name);
  mkdirSync(folder);
  const context = { smoke, folder, root, python, here };
  const state = await job.prepare?.(context);
  const sides = { ours: job.ours, ...(python ? job.peers : {}), ...job.beside };
  const samples = [];
  for (let round = 0; round < (smoke ? 1 : (job.rounds ?? rounds)); round++) {
    const sample = {};
    for (const [side, run] of Object.entries(sides)) {
      sample[side] = await outcomeOf(side, () => run(context, state, round));
      console.log(`  round ${round + 1}, ${side}: ${JSON.stringify(sample[side])}`);
    }
    samples.push(sample);
  }
  for (const side of Object.keys(sides))
    if (smoke && samples[0][side].failed !== undefined && !/is not installed/.test(samples[0][side].failed))
      throw new Error(`${side}: ${samples[0][side].failed}`);
  await job.cleanUp?.(context, state);
  if (smoke) return;
  const report = jobReport(name, job, samples);
  console.log(`\n${report}`);
  saveResults(join(here, 'RESULTS.md'), name, report, python);
}

/** That a peer fails is a result, and no reason to lose those of the others; a failure of ours is none. */
async function outcomeOf(side, run) {
  if (side === 'ours') return run();
  try {
    return await run();
  } catch (error) {
    return { failed: String(error?.message ?? error).split('\n')[0] };
  }
}
