/** Where trained models are kept: in MLflow where there is one, else in the lake. Both say the same of a model. */
import type { ModelFiles } from '../artifacts/model-files.ts';
import type { ServedModel } from '../served-model.ts';
import type { Trained } from '../train-model.ts';

export interface RegisteredModel extends ServedModel {
  readonly isChampion: boolean;
}

export interface ModelRegistry {
  /** For a person: `the lake`, or the address of a server. */
  readonly place: string;
  /** @throws LakeError MLFLOW_UNREACHABLE: before any training, so that none is lost. */
  check(): Promise<void>;
  /** All versions, newest first. */
  list(): Promise<readonly RegisteredModel[]>;
  /** Of every name that is accepted, newest first. */
  champions(accept: (name: string) => boolean): Promise<readonly RegisteredModel[]>;
  /** @returns undefined when there is none. */
  champion(name: string): Promise<RegisteredModel | undefined>;
  /** @throws LakeError MODEL_NOT_FOUND. */
  find(name: string, version: string): Promise<RegisteredModel>;
  /** Stores a model whole, or not at all, with the versions of its data pinned. */
  register(trained: Trained, promote: boolean): Promise<RegisteredModel>;
  /** @throws LakeError MODEL_NOT_FOUND. */
  promote(name: string, version: string, nowUs: number): Promise<void>;
  /** @throws LakeError MODEL_NOT_FOUND. */
  remove(name: string, version: string): Promise<void>;
  /** Every file of its folder. @throws LakeError MODEL_NOT_FOUND. */
  files(name: string, version: string): Promise<ModelFiles>;
}
