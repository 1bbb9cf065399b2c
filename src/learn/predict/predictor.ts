/**
 * Answers "what comes next" again and again: the model is looked up now and then, the inputs are read only when a table
 * has a new version. So an answer in between costs microseconds.
 */

import { durationText } from '../../base/duration.ts';
import { LakeError } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { openTable } from '../../lake/open-table.ts';
import { lengthUsOf } from '../../lake/timeframe.ts';
import type { DataVersions } from '../data/pinned-session.ts';
import { rowQueryOf } from '../data/row-query-of.ts';
import { instrumentText } from '../instrument.ts';
import type { ModelRegistry, RegisteredModel } from '../registry/model-registry.ts';
import { openRegistry, type RegistryOptions } from '../registry/open-registry.ts';
import { chooseModels, type ModelQuestion } from './choose-models.ts';
import { type NewestRow, newestRow } from './newest-row.ts';
import { type Prediction, predictionOf } from './prediction.ts';

export interface PredictorOptions extends RegistryOptions {
  /** How long a model is served before the registry is asked for a newer champion. */
  readonly modelTtlMs?: number;
}

export interface Asked extends ModelQuestion {
  /** Predict from inputs of any age. */
  readonly allowStale?: boolean;
}

/** Inputs of more bars ago say nothing of what comes next. */
const MAX_AGE_BARS = 2;
const MODEL_TTL_MS = 30_000;

interface Cached<T> {
  readonly key: string;
  readonly value: T;
}

export class Predictor {
  readonly #options: PredictorOptions;
  #registry: Promise<ModelRegistry> | undefined;
  readonly #models = new Map<
    string,
    { readonly untilUs: number; readonly models: ReturnType<typeof chooseModels> }
  >();
  readonly #tables = new Map<string, DeltaTable>();
  readonly #rows = new Map<string, Cached<Promise<NewestRow>>>();

  constructor(options: PredictorOptions) {
    this.#options = options;
  }

  /** What the newest champion that fits says. @throws LakeError MODEL_NOT_FOUND, INPUTS_STALE, MLFLOW_…, TABLE_…. */
  async latest(asked: Asked, nowUs: number): Promise<Prediction> {
    const [model] = await this.#choose(asked, nowUs);
    return this.#predict(model, asked, nowUs);
  }

  /** What each of them says: one without inputs keeps no other from it. @throws LakeError MODEL_NOT_FOUND, MLFLOW_…. */
  async all(asked: Asked, nowUs: number): Promise<PromiseSettledResult<Prediction>[]> {
    const models = await this.#choose(asked, nowUs);
    return Promise.allSettled(models.map((model) => this.#predict(model, asked, nowUs)));
  }

  async #predict(model: RegisteredModel, asked: Asked, nowUs: number): Promise<Prediction> {
    const { row, missing, versions } = await this.#row(model, nowUs);
    const of = `${instrumentText(model.instrument)} at ${model.timeframe}`;
    if (row === undefined) throw stale(`there are no inputs of ${of}`, missing);
    const ageUs = nowUs - row.timeUs;
    if (ageUs > MAX_AGE_BARS * lengthUsOf(model.timeframe) && asked.allowStale !== true) {
      throw stale(`the newest complete inputs of ${of} are ${durationText(ageUs / 1000)} old`, missing);
    }
    return predictionOf(model, row, nowUs, versions);
  }

  #choose(asked: Asked, nowUs: number): ReturnType<typeof chooseModels> {
    const { allowStale: _, ...question } = asked;
    const key = JSON.stringify(question);
    const cached = this.#models.get(key);
    if (cached !== undefined && nowUs < cached.untilUs) return cached.models;
    this.#registry ??= openRegistry(this.#options);
    const models = this.#registry.then((registry) => chooseModels(registry, question));
    const untilUs = nowUs + (this.#options.modelTtlMs ?? MODEL_TTL_MS) * 1000;
    if (this.#models.size > 1000) this.#models.clear();
    this.#models.set(key, { untilUs, models });
    models.catch(() => this.#models.delete(key));
    return models;
  }

  async #row(model: RegisteredModel, nowUs: number): Promise<NewestRow> {
    const versions = await this.#versions(rowQueryOf(model).tables);
    const id = `${model.name}@${model.version}`;
    const key = JSON.stringify(versions);
    const cached = this.#rows.get(id);
    if (cached?.key === key) return cached.value;
    const value = newestRow(model, nowUs, { ...this.#options, versions });
    this.#rows.set(id, { key, value });
    value.catch(() => this.#rows.delete(id));
    return value;
  }

  async #versions(names: readonly string[]): Promise<DataVersions> {
    const versions: Record<string, number> = {};
    for (const name of names) {
      const table = this.#tables.get(name) ?? (await this.#open(name));
      if (table === undefined) continue;
      this.#tables.set(name, table);
      versions[name] = (await table.refresh()).version;
    }
    return versions;
  }

  async #open(name: string): Promise<DeltaTable | undefined> {
    try {
      return await openTable(joinLocation(this.#options.lake, name), { isForQueries: true });
    } catch (error) {
      if (error instanceof LakeError && error.code === 'TABLE_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

function stale(what: string, missing: readonly string[]): LakeError {
  const newest = missing.length === 0 ? '' : `; the newest row has no ${missing.join(', ')}`;
  return new LakeError('INPUTS_STALE', `${what}${newest}`, {
    hint: 'let the collector and `crypto-lake derive` catch up, or predict from them all the same with `--allow-stale`',
  });
}
