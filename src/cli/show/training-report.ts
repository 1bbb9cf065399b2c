/** What a training came to, for a person and for programs. */
import type { ScoreSheet } from '../../learn/judge/score-sheet.ts';
import type { RegisteredModel } from '../../learn/registry/model-registry.ts';
import type { Training } from '../../learn/run-training.ts';
import type { Trained } from '../../learn/train-model.ts';
import type { Flags } from '../context.ts';
import type { Io } from '../io.ts';
import { printRows } from '../print-rows.ts';

export const MODEL_COLUMNS = {
  name: 'name',
  version: 'name',
  champion: 'boolean',
  rows: 'integer',
  rmse: 'float',
  mae: 'float',
  directional_accuracy: 'float',
  skill: 'float',
  skill_low: 'float',
  skill_high: 'float',
  no_change_rmse: 'float',
  features: 'integer',
  made_at: 'time',
  run: 'name',
} as const;

export function modelRow({ name, version, isChampion, run, skill, features, model }: RegisteredModel) {
  const score = model?.score;
  return {
    name,
    version,
    champion: isChampion,
    rows: model?.rows ?? null,
    rmse: score?.rmse ?? null,
    mae: score?.mae ?? null,
    directional_accuracy: score?.directionalAccuracy ?? null,
    skill,
    skill_low: score?.skillInterval?.[0] ?? null,
    skill_high: score?.skillInterval?.[1] ?? null,
    no_change_rmse: score?.noChangeRmse ?? null,
    features: features.length,
    made_at: model === undefined ? null : new Date(model.madeAtUs / 1000).toISOString(),
    run,
  };
}

export async function showTraining(
  io: Io,
  flags: Flags,
  { registered, trained, promotion }: Training,
): Promise<void> {
  const { model, rowsLeftOut } = trained;
  const { missing, constant, collinear } = model.leftOut;
  const names: readonly (readonly [string, readonly string[]])[] = [
    ['NULL in more than a tenth of the rows', missing],
    ['one value in all rows', constant],
    ['implied by the others', collinear],
  ];
  for (const [reason, left] of names) if (left.length > 0) io.say(`left out, ${reason}: ${left.join(', ')}`);
  if (rowsLeftOut > 0)
    io.say(`${rowsLeftOut.toLocaleString('en')} rows without all features or a label were left out`);
  await printRows(io, flags, MODEL_COLUMNS, [modelRow(registered)]);
  io.say(promotion);
  const { skill, skillInterval } = model.score;
  if (skill === null)
    io.say('warning: the price never moved in the rows that were judged: there is no skill to measure');
  else if (skillInterval !== null && skillInterval[0] <= 0) {
    io.say(
      `warning: skill ${skill.toFixed(4)} (95 %: ${skillInterval[0].toFixed(4)} to ${skillInterval[1].toFixed(4)}) is not above zero: "no change" predicts as well`,
    );
  }
}

/** How many of the newest predictions are drawn. */
const DRAWN = 300;

/** @throws LakeError USAGE, DISK_FULL. */
export async function writeTrainingPlot(io: Io, flags: Flags, { model, judged }: Trained): Promise<void> {
  const { writePlotFile } = await import('../../charts/plot/write-plot-file.ts');
  const first = Math.max(0, judged.rows - DRAWN);
  const drawn = Array.from({ length: judged.rows - first }, (_, index) => judged.row(first + index));
  const title = `${model.name}: skill ${model.score.skill?.toFixed(4) ?? 'unknown'} against "no change"`;
  await writePlotFile(io, String(flags.plot), title, [
    {
      kind: 'lines',
      title: `The newest ${drawn.length} predictions of walk-forward`,
      series: [
        { name: 'truth', points: drawn.map(({ timeUs, target }) => [timeUs / 1000, target] as const) },
        {
          name: 'predicted',
          points: drawn.map(({ timeUs, predicted }) => [timeUs / 1000, predicted] as const),
        },
      ],
    },
    { kind: 'lines', title: 'Skill so far', series: [{ name: 'skill', points: skillSoFar(judged) }] },
  ]);
}

/** Over all rows until then, at some hundred moments. */
function skillSoFar(judged: ScoreSheet): (readonly [number, number | null])[] {
  const points: (readonly [number, number | null])[] = [];
  const step = Math.max(1, Math.floor(judged.rows / DRAWN));
  let [ours, noChange] = [0, 0];
  for (let index = 0; index < judged.rows; index++) {
    const { timeUs, target, predicted, noChange: before } = judged.row(index);
    ours += (target - predicted) ** 2;
    noChange += (target - before) ** 2;
    if (index % step === step - 1)
      points.push([timeUs / 1000, noChange === 0 ? null : 1 - Math.sqrt(ours / noChange)]);
  }
  return points;
}
