/** The tables of a run, each opened once: who looks again reads only the commits that came since. */
import { LakeError } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { openTable } from '../../lake/open-table.ts';
import type { LakeTable } from '../../lake/table.ts';
import type { InputTable } from './input-table.ts';

export class LakeTables {
  readonly #open = new Map<string, DeltaTable>();
  readonly #fitted = new Set<string>();

  /** As it is now. @returns undefined when the lake has no such table yet. @throws LakeError TABLE_… */
  async input(lake: string, name: string): Promise<InputTable | undefined> {
    try {
      const { store, snapshot } = await this.#table(joinLocation(lake, name));
      return { name, store, snapshot };
    } catch (error) {
      this.#open.delete(joinLocation(lake, name));
      if (error instanceof LakeError && error.code === 'TABLE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** One that is written, made where it is missing. @throws LakeError TABLE_… */
  async output(lake: string, table: LakeTable): Promise<DeltaTable> {
    const location = joinLocation(lake, table.name);
    if (this.#fitted.has(location)) return this.#table(location);
    const delta = await openLakeTable(lake, table);
    this.#open.set(location, delta);
    this.#fitted.add(location);
    return delta;
  }

  async #table(location: string): Promise<DeltaTable> {
    const known = this.#open.get(location);
    if (known !== undefined) {
      await known.refresh();
      return known;
    }
    const opened = await openTable(location);
    this.#open.set(location, opened);
    return opened;
  }
}

/** For who looks once. @returns undefined when the lake has no such table yet. @throws LakeError TABLE_… */
export function openInput(lake: string, name: string): Promise<InputTable | undefined> {
  return new LakeTables().input(lake, name);
}
