/** Models in the lake's own table `models`, their files in the folder `_artifacts` beside its rows. */
import { randomUUID } from 'node:crypto';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { MODELS_TABLE } from '../../lake/tables/models.ts';
import { type ModelFiles, modelFiles } from '../artifacts/model-files.ts';
import { type Model, parseModel } from '../model.ts';
import { servedModel } from '../served-model.ts';
import type { Trained } from '../train-model.ts';
import type { ModelRegistry, RegisteredModel } from './model-registry.ts';
import { changeModelRows, type ModelRow, type ModelRowsOptions, readModelRows } from './model-rows.ts';
import { noModel } from './no-model.ts';
import { pinRun, unpinRun } from './pin-run.ts';

export class LakeRegistry implements ModelRegistry {
  readonly place = 'the lake';
  readonly #options: ModelRowsOptions;

  constructor(options: ModelRowsOptions) {
    this.#options = options;
  }

  async check(): Promise<void> {
    // The lake is there, or is made.
  }

  async list(): Promise<readonly RegisteredModel[]> {
    const rows = await readModelRows(this.#options);
    return rows.map((row) => registered(row, rows)).reverse();
  }

  async champions(accept: (name: string) => boolean): Promise<readonly RegisteredModel[]> {
    return (await this.list()).filter(({ name, isChampion }) => isChampion && accept(name));
  }

  async champion(name: string): Promise<RegisteredModel | undefined> {
    return (await this.champions((other) => other === name))[0];
  }

  async find(name: string, version: string): Promise<RegisteredModel> {
    const found = (await this.list()).find((model) => model.name === name && model.version === version);
    if (found) return found;
    throw noModel(`\`${name}\` version ${version}`, this.place);
  }

  async register({ example, ...trained }: Trained, promote: boolean): Promise<RegisteredModel> {
    const { lake } = this.#options;
    const model: Model = { ...trained.model, run: randomUUID().replaceAll('-', '') };
    const artifact = `_artifacts/${model.run}`;
    const { store } = await openLakeTable(lake, MODELS_TABLE);
    const place = { modelId: `m-${model.run}`, artifactPath: artifact };
    for (const [name, bytes] of modelFiles(model, place, example))
      await store.put(`${artifact}/${name}`, bytes);
    await pinRun(lake, model.run, model.dataVersions);
    let version = 1;
    await changeModelRows(this.#options, (rows) => {
      const versions = rows.filter(({ name }) => name === model.name).map((row) => Number(row.version));
      version = Math.max(0, ...versions) + 1;
      return [...rows, rowOf({ model, version, artifact, promotedAtUs: promote ? model.madeAtUs : null })];
    });
    return { ...servedModel(model, String(version)), isChampion: promote };
  }

  async promote(name: string, version: string, nowUs: number): Promise<void> {
    await changeModelRows(this.#options, (rows) => {
      this.#rowOf(rows, name, version);
      return rows.map((row) => (isRow(row, name, version) ? { ...row, promoted_at: nowUs } : row));
    });
  }

  async remove(name: string, version: string): Promise<void> {
    let removed: ModelRow | undefined;
    await changeModelRows(this.#options, (rows) => {
      removed = this.#rowOf(rows, name, version);
      return rows.filter((row) => !isRow(row, name, version));
    });
    if (removed === undefined) return;
    const { run, dataVersions } = parseModel(String(removed.model_json));
    const { store } = await openLakeTable(this.#options.lake, MODELS_TABLE);
    for (const { name: file } of await store.list(String(removed.artifact))) await store.delete(file);
    await unpinRun(this.#options.lake, run, dataVersions);
  }

  async files(name: string, version: string): Promise<ModelFiles> {
    const artifact = String(this.#rowOf(await readModelRows(this.#options), name, version).artifact);
    const { store } = await openLakeTable(this.#options.lake, MODELS_TABLE);
    const files = new Map<string, Uint8Array>();
    for (const { name: file } of await store.list(artifact)) {
      const bytes = await store.read(file);
      if (bytes) files.set(file.slice(artifact.length + 1), bytes);
    }
    return files;
  }

  #rowOf(rows: readonly ModelRow[], name: string, version: string): ModelRow {
    const row = rows.find((candidate) => isRow(candidate, name, version));
    if (row) return row;
    throw noModel(`\`${name}\` version ${version}`, this.place);
  }
}

function isRow(row: ModelRow, name: string, version: string): boolean {
  return row.name === name && String(row.version) === version;
}

function registered(row: ModelRow, rows: readonly ModelRow[]): RegisteredModel {
  const promoted = rows.filter(({ name, promoted_at }) => name === row.name && promoted_at !== null);
  const newest = Math.max(...promoted.map(({ promoted_at }) => Number(promoted_at)));
  const champion = promoted.findLast(({ promoted_at }) => promoted_at === newest);
  return {
    ...servedModel(parseModel(String(row.model_json)), String(row.version)),
    isChampion: row === champion,
  };
}

function rowOf({
  model,
  version,
  artifact,
  promotedAtUs,
}: {
  readonly model: Model;
  readonly version: number;
  readonly artifact: string;
  readonly promotedAtUs: number | null;
}): ModelRow {
  const { recipe, score } = model;
  return {
    name: model.name,
    version,
    run: model.run,
    market: recipe.instrument.market,
    symbol: recipe.instrument.symbol,
    timeframe: recipe.timeframe,
    target: recipe.target,
    horizon: recipe.horizon,
    data_versions: JSON.stringify(model.dataVersions),
    recipe_hash: model.recipeHash,
    code_version: model.codeVersion,
    seed: recipe.seed,
    rows: model.rows,
    rmse: score.rmse,
    mae: score.mae,
    directional_accuracy: score.directionalAccuracy,
    skill: score.skill,
    skill_low: score.skillInterval?.[0] ?? null,
    skill_high: score.skillInterval?.[1] ?? null,
    since: recipe.sinceUs,
    cut: recipe.cutUs,
    made_at: model.madeAtUs,
    promoted_at: promotedAtUs,
    artifact,
    model_json: JSON.stringify(model),
  };
}
