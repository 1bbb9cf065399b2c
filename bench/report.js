/** Samples of a job → a table, with each goal and whether it is met; and the file that keeps the tables of all jobs. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { median, spread } from './statistics.js';

/**
 * @param job `goals` by figure: `≤ 10` is about our figure, `≤ 0.9 ×` about its ratio to the best peer, `≥ 2 × pydantic`
 *   about its ratio to that one. A figure may have several.
 * @param samples by round and side, our side under `ours`.
 * @returns markdown.
 */
export function jobReport(name, job, samples) {
  const peers = Object.keys(samples[0]).filter((side) => side !== 'ours');
  const rows = Object.keys(samples[0].ours).map((figure) => {
    const goals = [job.goals?.[figure] ?? []].flat();
    const valuesOf = (side) => samples.map((sample) => sample[side][figure]).filter(Number.isFinite);
    const best = bestOf(
      peers.filter((peer) => !(peer in (job.beside ?? {}))),
      valuesOf,
      isHigherBetter(figure, goals),
    );
    const ratioTo = (peer) => {
      const ratios = samples.map((sample) => sample.ours[figure] / sample[peer]?.[figure]);
      return peer && median(ratios.filter(Number.isFinite));
    };
    const failuresOf = (side) => samples.filter((sample) => sample[side].failed !== undefined).length;
    const judged = goals.map((goal) =>
      judge(goal, median(valuesOf('ours')), (peer) => ratioTo(peer ?? best)),
    );
    return [
      figure,
      cell(valuesOf('ours')),
      ...peers.map((peer) => withFailures(cell(valuesOf(peer)), failuresOf(peer), samples.length)),
      ...(peers.length > 0 ? [number(ratioTo(best ?? peers.find((peer) => valuesOf(peer).length > 0)))] : []),
      goals.join('; '),
      judged.join('; '),
    ];
  });
  const head = ['Figure', 'Ours', ...peers, ...(peers.length > 0 ? ['Ours / best'] : []), 'Goal', 'Met'];
  const about = [job.title, job.note].filter(Boolean).join('. ');
  const rounds = samples.length === 1 ? 'One run' : `Medians of ${samples.length} rounds (min to max)`;
  return [
    `## ${name}\n\n${about}. ${rounds}.\n`,
    ...[head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows].map(
      (cells) => `| ${cells.join(' | ')} |`,
    ),
  ].join('\n');
}

/** Replaces the section of one job; those of others stay. */
export function saveResults(file, name, report, python) {
  const sections = new Map();
  if (existsSync(file)) {
    for (const section of readFileSync(file, 'utf8')
      .split(/\n(?=## )/)
      .slice(1))
      sections.set(/^## (\S+)/.exec(section)[1], section.trim());
  }
  sections.set(name, report);
  const body = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, section]) => section);
  writeFileSync(file, `${introduction(python)}\n\n${body.join('\n\n')}\n`);
}

function introduction(python) {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
  return `# Results

Made by \`npm run bench\` on ${machine}; Node ${process.version}${python ? `, ${peerVersions(python)}` : ''}.

The sides of a job take turns on the same data, so that a ratio is of one run. *Ours / best* is the median over the rounds of our figure
divided by that of the best peer: below 1 we are faster or smaller, above 1 for figures a second we do more. Bare Node and
\`JSON.parse\` alone are no peers. Ours syncs every file and folder that a commit names; no Python peer syncs anything. Cold means a process
of its own, with the files in the page cache. Memory is the peak resident memory of the process.`;
}

function peerVersions(python) {
  const list =
    'import platform, importlib.metadata as m; print("Python", platform.python_version(), *[", " + n + " " + m.version(n) for n in ["deltalake", "polars", "duckdb", "pyarrow", "scikit-learn", "pydantic", "orjson", "websockets"]], sep="", end="")';
  return execFileSync(python, ['-c', list])
    .toString()
    .replace(/^Python/, 'Python ');
}

function bestOf(peers, valuesOf, isHigher) {
  const there = peers.filter((peer) => valuesOf(peer).length > 0);
  const sign = isHigher ? -1 : 1;
  return there.sort((a, b) => sign * (median(valuesOf(a)) - median(valuesOf(b))))[0];
}

function isHigherBetter(figure, goals) {
  return goals.length > 0 ? goals[0].startsWith('≥') : figure.includes('/s');
}

function judge(goal, ours, ratioTo) {
  const [, sign, limit, ratio, peer] = /^([≤≥]) ([\d.,]+)( ×)?(?: (.+))?$/.exec(goal);
  const value = ratio ? ratioTo(peer) : ours;
  if (value === undefined) return '';
  const bound = Number(limit.replaceAll(',', ''));
  return (sign === '≤' ? value <= bound : value >= bound) ? 'yes' : '**no**';
}

function cell(values) {
  if (values.length === 0) return '';
  const [least, most] = spread(values);
  return least === most ? number(least) : `${number(median(values))} (${number(least)} to ${number(most)})`;
}

/** Of a peer that failed in some rounds, or in all. */
function withFailures(text, failures, rounds) {
  if (failures === 0) return text;
  return failures === rounds ? 'failed' : `${text}, failed ${failures} of ${rounds}`;
}

function number(value) {
  if (!Number.isFinite(value)) return '';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
