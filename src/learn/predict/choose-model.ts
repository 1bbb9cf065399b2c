/** The model that answers a question: the one that was named, else the champion that was made last. */
import { type Instrument, instrumentText } from '../instrument.ts';
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

/** @throws LakeError MODEL_NOT_FOUND. */
export async function chooseModel(
  registry: ModelRegistry,
  question: ModelQuestion,
): Promise<RegisteredModel> {
  const { instrument, timeframe, target, horizon } = question;
  const [, name, version] = /^(.*?)(?:@(\d+))?$/.exec(question.model ?? '') ?? [];
  if (name && version !== undefined) return registry.find(name, version);
  const fits = (model: RegisteredModel) =>
    model.instrument.market === instrument.market &&
    model.instrument.symbol === instrument.symbol &&
    (timeframe ?? model.timeframe) === model.timeframe &&
    (target ?? model.target) === model.target &&
    (horizon ?? model.horizon) === model.horizon;
  const prefix = modelPrefix(instrument);
  const accept = (other: string) => (name ? other === name : other.startsWith(prefix));
  const found = (await registry.champions(accept)).find(fits);
  if (found) return found;
  throw noModel(`of ${instrumentText(instrument)} that is a champion`, registry.place);
}
