import { LakeError } from '../../base/errors.ts';

export function noModel(what: string, place: string): LakeError {
  return new LakeError('MODEL_NOT_FOUND', `${place} has no model ${what}`, {
    hint: 'see `crypto-lake models list`; `crypto-lake train` makes one',
  });
}
