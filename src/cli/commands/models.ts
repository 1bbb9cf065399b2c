/** `crypto-lake models`: what was trained, which one serves, and its files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LakeError, messageOf } from '../../base/errors.ts';
import { requireLake } from '../../lake/lake-catalog.ts';
import { parseModelAddress } from '../../learn/model-address.ts';
import type { ModelRegistry, RegisteredModel } from '../../learn/registry/model-registry.ts';
import { noModel } from '../../learn/registry/no-model.ts';
import { openRegistry } from '../../learn/registry/open-registry.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { printRows } from '../print-rows.ts';
import { MODEL_COLUMNS, modelRow } from '../show/training-report.ts';

export const models: Command = async (context, flags, [action = 'list', name]) => {
  const { config, io, clock } = context;
  if (!process.env.MLFLOW_TRACKING_URI) await requireLake(config.lake);
  const registry = await openRegistry({ ...config, memoryBytes: config.memory, env: process.env });
  if (action === 'list') return list(context, flags, registry, name);
  const model = await pick(registry, name);
  const what = `${model.name} version ${model.version}`;
  if (action === 'show') return show(context, flags, model);
  if (action === 'promote') {
    await registry.promote(model.name, model.version, clock.nowUs());
    io.say(`${what} is the champion`);
  } else if (action === 'delete') {
    await registry.remove(model.name, model.version);
    io.say(`${what} is deleted; the table versions that it kept may go`);
  } else {
    const folder = String(flags.to ?? `${model.name}-${model.version}`);
    await exportFiles(registry, model, folder);
    io.say(`wrote ${folder}: load it with \`mlflow.pyfunc.load_model("${folder}")\``);
  }
};

async function list({ io }: CommandContext, flags: Flags, registry: ModelRegistry, name: string | undefined) {
  const found = (await registry.list()).filter((model) => name === undefined || model.name === name);
  await printRows(io, flags, MODEL_COLUMNS, found.map(modelRow));
  if (found.length === 0)
    io.say(`${registry.place} has no models yet: \`crypto-lake train --symbol BTCUSDT\` makes one`);
}

/** The version that was asked for, else the champion. */
async function pick(registry: ModelRegistry, address: string | undefined): Promise<RegisteredModel> {
  if (address === undefined) {
    throw new LakeError('USAGE', 'the name of a model is missing', { hint: 'see `crypto-lake models list`' });
  }
  const { name, version } = parseModelAddress(address);
  if (version !== undefined) return registry.find(name, version);
  const champion = await registry.champion(name);
  if (champion) return champion;
  throw noModel(`\`${name.slice(0, 100)}\` that is a champion`, registry.place);
}

async function show({ io }: CommandContext, flags: Flags, model: RegisteredModel): Promise<void> {
  const rows = [
    { feature: 'intercept', coefficient: model.intercept },
    ...model.features.map((feature, index) => ({ feature, coefficient: model.coefficients[index] ?? 0 })),
  ];
  const { recipe, dataVersions, codeVersion, recipeHash, definition, leftOut } = model.model ?? {};
  const facts = {
    ...modelRow(model),
    ...recipe?.instrument,
    timeframe: model.timeframe,
    target: model.target,
    horizon: model.horizon,
    source: model.source,
    data_versions: dataVersions,
    code_version: codeVersion,
    recipe_hash: recipeHash,
    feature_definition: definition ?? undefined,
    ridge: recipe?.ridge,
    seed: recipe?.seed,
    left_out: leftOut,
  };
  for (const [fact, value] of Object.entries(facts)) {
    if (value !== undefined) io.say(`${fact}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  }
  await printRows(io, flags, { feature: 'name', coefficient: 'float' }, rows);
}

async function exportFiles(registry: ModelRegistry, model: RegisteredModel, folder: string): Promise<void> {
  for (const [name, bytes] of await registry.files(model.name, model.version)) {
    const path = join(folder, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    } catch (error) {
      throw new LakeError('USAGE', `\`${path}\` cannot be written: ${messageOf(error)}`, {
        hint: 'choose another folder with `--to`',
        cause: error,
      });
    }
  }
}
