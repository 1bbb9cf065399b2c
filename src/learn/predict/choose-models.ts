/** The models that answer a question: the one that was named, else every champion that fits. */
import { type Instrument, instrumentText } from '../instrument.ts';
import { parseModelAddress } from '../model-address.ts';
import { modelPrefix } from '../recipe.ts';
import type { ModelRegistry, RegisteredModel } from '../registry/model-registry.ts';
import { noModel } from '../registry/no-model.ts';

export interface ModelQuestion {
  readonly instrument: Instrument;
  readonly timeframe?: string | undefined;
  readonly target?: string | undefined;
  readonly horizon?: number | undefined;
  /** A name, and perhaps a version behind `@`. */
  readonly model?: string | undefined;
}

/** @returns one or more, the newest first. @throws LakeError MODEL_NOT_FOUND. */
export async function chooseModels(
  registry: ModelRegistry,
  question: ModelQuestion,
): Promise<readonly [RegisteredModel, ...RegisteredModel[]]> {
  const { instrument, timeframe, target, horizon } = question;
  const { name, version } = parseModelAddress(question.model ?? '');
  if (name && version !== undefined) return [await registry.find(name, version)];
  const fits = (model: RegisteredModel) =>
    model.instrument.market === instrument.market &&
    model.instrument.symbol === instrument.symbol &&
    (timeframe ?? model.timeframe) === model.timeframe &&
    (target ?? model.target) === model.target &&
    (horizon ?? model.horizon) === model.horizon;
  const prefix = modelPrefix(instrument);
  const accept = (other: string) => (name ? other === name : other.startsWith(prefix));
  const [first, ...others] = (await registry.champions(accept)).filter(fits);
  if (first) return [first, ...others];
  throw noModel(`of ${instrumentText(instrument)} that is a champion`, registry.place);
}
