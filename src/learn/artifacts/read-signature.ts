/** Names of a model's inputs, from the signature in its `MLmodel`. */
import { parse } from 'yaml';
import { LakeError } from '../../base/errors.ts';

/** @throws LakeError MODEL_UNSUPPORTED without names. */
export function readSignature(mlmodel: Uint8Array): string[] {
  try {
    const { signature } = parse(Buffer.from(mlmodel).toString()) as { signature?: { inputs?: unknown } };
    const inputs: unknown = JSON.parse(String(signature?.inputs));
    if (Array.isArray(inputs) && inputs.length > 0) {
      const names = inputs.map(({ name }: { name?: unknown }) => name);
      if (names.every((name) => typeof name === 'string' && name !== '')) return names as string[];
    }
  } catch {
    // The same as no signature.
  }
  throw new LakeError('MODEL_UNSUPPORTED', 'the model has no signature that names its inputs', {
    hint: 'log it with `infer_signature` on a frame with the names of our features',
  });
}
