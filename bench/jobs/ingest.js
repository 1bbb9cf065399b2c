import { join } from 'node:path';
import { framesFile } from '../frames.js';
import { measure } from '../measure.js';

/** Text of frames → validated rows → Delta, 5,000 rows a commit; the file of frames is read by all in the same way. */
export default {
  title: '1,000,000 forceOrder frames, from text to committed rows, 5,000 a commit',
  note: 'The peers reopen the table every 100 commits and write a checkpoint every 10. Ours also drops duplicates, and syncs each file and commit',
  goals: { 'rows/s': ['≥ 1.5 ×', '≥ 2 × pydantic'] },
  prepare: (context) => framesFile(context, framesOf(context)),
  ours: (context, frames, round) =>
    figures(context, process.execPath, [
      join(context.here, 'ours', 'ingest.js'),
      frames,
      lakeOf(context, 'ours', round),
    ]),
  peers: Object.fromEntries(
    ['pydantic', 'orjson', 'polars'].map((engine) => [
      engine,
      (context, frames, round) => {
        const script = join(context.here, 'peers', 'ingest.py');
        return figures(context, context.python, [script, engine, frames, lakeOf(context, engine, round)]);
      },
    ]),
  ),
  beside: {
    'JSON.parse': (context, frames) =>
      figures(context, process.execPath, [join(context.here, 'ours', 'json-parse.js'), frames]),
  },
};

const framesOf = ({ smoke }) => (smoke ? 10_000 : 1_000_000);
const lakeOf = ({ folder }, side, round) => join(folder, `${side}-${round}`);

async function figures(context, program, args) {
  const { stdout, peakMiB } = await measure(program, args, { capture: true });
  const { rows, ...rate } = JSON.parse(stdout);
  if (rows !== framesOf(context)) throw new Error(`${args[1]}: ${rows} rows of ${framesOf(context)}`);
  return { ...rate, 'peak MiB': peakMiB };
}
