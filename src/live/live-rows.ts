/** Takes the rows of one frame. Nothing is a second delivery here: the hub tells those apart, over all that it hears. */
import type { LakeTable } from '../lake/table.ts';
import type { Cell, Row, RowSinks, Rows } from '../sources/rows.ts';

export interface TakenRow {
  readonly table: LakeTable;
  readonly row: Readonly<Record<string, Cell>>;
}

export class LiveRows implements Rows {
  readonly all: TakenRow[] = [];
  readonly clockOffsetUs = null;

  begin<T extends LakeTable>(table: T): RowSinks<T> {
    const row: Record<string, Cell> = {};
    this.all.push({ table, row });
    const sinks = Object.keys(table.columns).map((name) => [
      name,
      {
        push: (value: Cell) => {
          row[name] = value;
        },
      },
    ]);
    return Object.fromEntries(sinks) as RowSinks<T>;
  }

  add<T extends LakeTable>(table: T, _where: unknown, row: Row<T>): void {
    this.all.push({ table, row: row as Readonly<Record<string, Cell>> });
  }

  isNew(): boolean {
    return true;
  }

  delivered(): void {}

  heard(): void {}

  duplicate(): void {}

  bar(): boolean {
    return true;
  }

  event(): void {}

  polled(): void {}

  quarantine(): void {}
}
