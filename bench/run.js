/**
 * `npm run bench [-- --smoke] [-- JOB …]`: the same work on this program and on what a user would otherwise write in
 * Python (Polars, delta-rs, DuckDB), interleaved A B A B in one run, and medians of the ratios into RESULTS.md.
 * `--smoke` runs each job once on little data, to show that it works; it writes no results.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, spread } from './statistics.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const smoke = process.argv.includes('--smoke');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const ROUNDS = 5;

const python = preparePython();
const results = [];
for (const file of readdirSync(join(here, 'jobs')).sort()) {
  const name = file.replace(/\.js$/, '');
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { default: job } = await import(`./jobs/${file}`);
  const folder = mkdtempSync(join(tmpdir(), 'crypto-lake-bench-'));
  try {
    console.log(`\n${name}: ${job.title}`);
    const context = { smoke, folder, python, here };
    const state = await job.prepare?.(context);
    const samples = [];
    for (let round = 0; round < (smoke ? 1 : (job.rounds ?? ROUNDS)); round++) {
      const ours = await job.ours(context, state, round);
      const peer = await job.peer?.(context, state, round);
      samples.push({ ours, peer });
      console.log(
        `  round ${round + 1}: ours ${JSON.stringify(ours)}${peer ? ` · peer ${JSON.stringify(peer)}` : ''}`,
      );
    }
    await job.cleanUp?.(context, state);
    results.push(...summarize(name, job, samples));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
const table = report(results);
console.log(`\n${table}`);
if (!smoke) save(table);

/** A row for each figure of a job: the median of ours, of the peer's, and of their ratio. */
function summarize(name, job, samples) {
  return Object.keys(samples[0].ours).map((figure) => {
    const ours = samples.map((sample) => sample.ours[figure]);
    const peers = samples.map((sample) => sample.peer?.[figure]).filter((value) => value !== undefined);
    const ratios = samples.map(({ ours: a, peer: b }) => a[figure] / b?.[figure]).filter(Number.isFinite);
    return {
      job: name,
      figure,
      ours: median(ours),
      spread: spread(ours),
      peer: peers.length > 0 ? median(peers) : undefined,
      ratio: ratios.length > 0 ? median(ratios) : undefined,
      goal: job.goals?.[figure] ?? '',
    };
  });
}

function report(rows) {
  const number = (value) =>
    value === undefined ? '' : Math.abs(value) >= 100 ? Math.round(value) : value.toPrecision(3);
  return [
    '| Job | Figure | Ours (min to max) | Peer | Ours / peer | Goal |',
    '|---|---|---:|---:|---:|---|',
    ...rows.map(
      ({ job, figure, ours, spread: range, peer, ratio, goal }) =>
        `| ${job} | ${figure} | ${number(ours)} (${range.map(number).join(' to ')}) | ${number(peer)} | ${number(ratio)} | ${goal} |`,
    ),
  ].join('\n');
}

/** Keeps the rows of jobs that did not run this time. */
function save(table) {
  const file = join(here, 'RESULTS.md');
  const old = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('| '))
    : [];
  const ran = new Set(results.map(({ job }) => `| ${job} |`));
  const [head, line, ...rows] = table.split('\n');
  const kept = old.filter(
    (row) => !row.startsWith('| Job ') && ![...ran].some((prefix) => row.startsWith(prefix)),
  );
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
  writeFileSync(
    file,
    `# Results\n\nMedians of ${ROUNDS} interleaved rounds (the memory of a collector: one long run) on ${machine}. Made by \`npm run bench\`; see the job files for what is measured.\n\n${[head, line, ...[...kept, ...rows].sort()].join('\n')}\n`,
  );
}

/** A virtual environment with the peers, made once. */
function preparePython() {
  const cache = join(here, '.cache');
  const interpreter = join(cache, 'venv', 'bin', 'python');
  const [wantedFile, madeFile] = [join(here, 'peers', 'requirements.txt'), join(cache, 'requirements.txt')];
  if (!existsSync(madeFile) || readFileSync(madeFile, 'utf8') !== readFileSync(wantedFile, 'utf8')) {
    mkdirSync(cache, { recursive: true });
    execFileSync('python3', ['-m', 'venv', join(cache, 'venv')], { stdio: 'inherit' });
    execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', '-r', wantedFile], { stdio: 'inherit' });
    copyFileSync(wantedFile, madeFile);
  }
  return interpreter;
}
