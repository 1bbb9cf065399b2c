/**
 * The actions of a checkpoint's row group, made column by column: each column puts its field into the objects of the rows
 * that have it. Rows as a Parquet reader assembles them, out of dozens of columns that are mostly empty, cost four
 * times as much.
 */
import type { ColumnMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { getMaxDefinitionLevel, isListLike, isMapLike } from 'hyparquet/src/schema.js';
import { type Leaf, readLeaf } from './parquet-leaf.ts';

type Fields = Record<string, unknown>;
/** The elements of the schema from the root to one of them. */
type Path = readonly [...SchemaTree[], SchemaTree];

/** Copies of `stats` and `partitionValues` typed by the schema: the texts are the source. */
const COPIES: ReadonlySet<string> = new Set(['stats_parsed', 'partitionValues_parsed']);

export class CheckpointColumns {
  readonly #bytes: Uint8Array;
  readonly #rowCount: number;
  readonly #columns = new Map<string, ColumnMetaData>();
  readonly #leaves = new Map<SchemaTree, Leaf>();

  /** @param bytes the whole file. */
  constructor(bytes: Uint8Array, group: RowGroup) {
    this.#bytes = bytes;
    this.#rowCount = Number(group.num_rows);
    for (const { meta_data: column } of group.columns)
      if (column !== undefined) this.#columns.set(column.path_in_schema.join('\n'), column);
  }

  /**
   * @param action a column of the root.
   * @returns the fields of the rows that have this action.
   * @throws Error for a layout that no writer of checkpoints is known to use.
   */
  fieldsOf(root: SchemaTree, action: SchemaTree): Fields[] {
    if (this.#isEmpty(action)) return [];
    if (action.children.length === 0) throw new Error(`the column ${action.element.name} is no group`);
    const rows = this.#objects([root, action], Array<Fields>(this.#rowCount).fill({}));
    this.#fill(rows, [root, action]);
    return rows.filter((fields) => fields !== undefined);
  }

  /** Whether no row has a value in any column of it, as far as the statistics tell. */
  #isEmpty(node: SchemaTree): boolean {
    if (node.children.length > 0) return node.children.every((child) => this.#isEmpty(child));
    const column = this.#columns.get(node.path.join('\n'));
    const nulls = column?.statistics?.null_count;
    return column === undefined || (nulls !== undefined && BigInt(nulls) === column.num_values);
  }

  /** A new object for each row that has this group. */
  #objects(path: Path, parents: readonly (Fields | undefined)[]): (Fields | undefined)[] {
    let leaf = path;
    for (let node = path.at(-1); node && node.children.length > 0; node = leaf.at(-1)) {
      const child = node.children.find((child) => !this.#isEmpty(child) && !COPIES.has(child.element.name));
      if (child === undefined) throw new Error(`nothing in ${node.path.join('.')}`);
      leaf = [...leaf, child];
    }
    const { definitions, repetitions } = this.#leaf(leaf);
    const level = levelOf(path);
    const first =
      repetitions.length > 0 ? definitions.filter((_, entry) => repetitions[entry] === 0) : definitions;
    return parents.map((parent, row) => (parent && (first[row] as number) >= level ? {} : undefined));
  }

  #fill(rows: readonly (Fields | undefined)[], path: Path): void {
    for (const child of (path.at(-1) as SchemaTree).children) {
      const { name, repetition_type: repetition } = child.element;
      const childPath: Path = [...path, child];
      if (COPIES.has(name)) continue;
      if (isMapLike(child) || isListLike(child)) this.#fillRepeated(rows, childPath);
      else if (this.#isEmpty(child)) continue;
      else if (repetition === 'REPEATED') throw new Error(`a repeated ${name}`);
      else if (child.children.length > 0) {
        const objects = this.#objects(childPath, rows);
        for (let row = 0; row < rows.length; row++)
          if (objects[row]) (rows[row] as Fields)[name] = objects[row];
        this.#fill(objects, childPath);
      } else this.#fillValues(rows, name, this.#leaf(childPath));
    }
  }

  #fillValues(rows: readonly (Fields | undefined)[], name: string, leaf: Leaf): void {
    const { definitions, maxDefinition, values } = leaf;
    if (definitions.length !== rows.length) throw new Error(`${name} has ${definitions.length} rows`);
    let next = 0;
    for (let row = 0; row < rows.length; row++)
      if (definitions[row] === maxDefinition) (rows[row] as Fields)[name] = values[next++];
    if (next !== values.length) throw new Error(`${name} has ${values.length} values for ${next} rows`);
  }

  /** A map or a list. An empty one is as full of nulls as a missing one: only the levels tell. */
  #fillRepeated(rows: readonly (Fields | undefined)[], path: Path): void {
    const node = path.at(-1) as SchemaTree;
    const repeated = node.children[0] as SchemaTree;
    const itemPaths: Path[] =
      repeated.children.length === 0
        ? [[...path, repeated]]
        : repeated.children.map((child) => [...path, repeated, child]);
    const [first, second] = itemPaths.map((itemPath) => this.#leaf(itemPath)) as [Leaf, Leaf?];
    const [takeFirst, takeSecond] = [taker(first), second && taker(second)];
    const level = levelOf(path);
    let entry = 0;
    for (const fields of rows) {
      const present = (first.definitions[entry] as number) >= level;
      let items: unknown[] | undefined;
      do {
        if ((first.definitions[entry] as number) > level) {
          items ??= [];
          items.push(takeSecond ? [takeFirst(entry), takeSecond(entry)] : takeFirst(entry));
        }
      } while ((first.repetitions[++entry] as number) > 0);
      if (fields === undefined || !present) continue;
      fields[node.element.name] = takeSecond
        ? Object.fromEntries((items ?? []) as [string, unknown][])
        : (items ?? []);
    }
    if (entry !== first.definitions.length || entry !== (second ?? first).definitions.length)
      throw new Error(`${node.path.join('.')} has ${entry} entries`);
  }

  #leaf(path: Path): Leaf {
    const node = path.at(-1) as SchemaTree;
    let leaf = this.#leaves.get(node);
    if (leaf === undefined) {
      const column = this.#columns.get(node.path.join('\n'));
      if (column === undefined || node.children.length > 0)
        throw new Error(`no column ${node.path.join('.')}`);
      leaf = readLeaf(this.#bytes, column, [...path]);
      this.#leaves.set(node, leaf);
    }
    return leaf;
  }
}

function levelOf(path: Path): number {
  return getMaxDefinitionLevel([...path]);
}

/** Takes the value of one entry after the other. */
function taker({ definitions, maxDefinition, values }: Leaf): (entry: number) => unknown {
  let next = 0;
  return (entry) => (definitions[entry] === maxDefinition ? values[next++] : null);
}
