/**
 * The actions of a checkpoint's row group, made column by column: each column puts its field into the objects of the rows
 * that have it. Rows as a Parquet reader assembles them, out of dozens of columns that are mostly empty, cost four
 * times as much.
 */
import type { ColumnMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { definitionLevel, type Leaf, readLeaf } from './parquet-leaf.ts';

type Fields = Record<string, unknown>;
/** The elements of the schema from the root to one of them. */
type Path = readonly [...SchemaTree[], SchemaTree];

/** Some rows, by their number, and what they have in a group of columns. */
interface Group {
  readonly at: readonly number[];
  readonly rows: readonly Fields[];
}

/** Copies of `stats` and `partitionValues` typed by the schema: the texts are the source. */
const COPIES: ReadonlySet<string> = new Set(['stats_parsed', 'partitionValues_parsed']);

export class CheckpointColumns {
  readonly #bytes: Uint8Array;
  readonly #rowCount: number;
  readonly #allRows: readonly number[];
  readonly #columns = new Map<string, ColumnMetaData>();
  readonly #leaves = new Map<SchemaTree, Leaf>();

  /** @param bytes the whole file. */
  constructor(bytes: Uint8Array, group: RowGroup) {
    this.#bytes = bytes;
    this.#rowCount = Number(group.num_rows);
    this.#allRows = Array.from({ length: this.#rowCount }, (_, row) => row);
    for (const { meta_data: column } of group.columns)
      if (column !== undefined) this.#columns.set(column.path_in_schema.join('\n'), column);
  }

  /**
   * @param action a column of the root.
   * @returns the fields of the rows that have this action.
   * @throws Error for a layout that no writer of checkpoints is known to use.
   */
  fieldsOf(root: SchemaTree, action: SchemaTree): readonly Fields[] {
    if (this.#isEmpty(action)) return [];
    if (action.children.length === 0) throw new Error(`the column ${action.element.name} is no group`);
    const group = this.#group([root, action], this.#allRows);
    this.#fill(group, [root, action]);
    return group.rows;
  }

  /** Whether no row has a value in any column of it, as far as the statistics tell. */
  #isEmpty(node: SchemaTree): boolean {
    if (node.children.length > 0) return node.children.every((child) => this.#isEmpty(child));
    const column = this.#columns.get(node.path.join('\n'));
    const nulls = column?.statistics?.null_count;
    return column === undefined || (nulls !== undefined && BigInt(nulls) === column.num_values);
  }

  /** @param at the rows that have the group around it. */
  #group(path: Path, at: readonly number[]): Group {
    let leafPath = path;
    for (let node = path.at(-1); node && node.children.length > 0; node = leafPath.at(-1)) {
      const child = node.children.find((child) => !this.#isEmpty(child) && !COPIES.has(child.element.name));
      if (child === undefined) throw new Error(`nothing in ${node.path.join('.')}`);
      leafPath = [...leafPath, child];
    }
    const leaf = this.#leaf(leafPath);
    const entryOf = this.#entries(leaf);
    const level = definitionLevel(path);
    const present = at.filter((row) => (leaf.definitions[entryOf(row)] as number) >= level);
    return { at: present, rows: present.map(() => ({})) };
  }

  #fill(group: Group, path: Path): void {
    for (const child of (path.at(-1) as SchemaTree).children) {
      const { name, repetition_type: repetition } = child.element;
      const childPath: Path = [...path, child];
      if (COPIES.has(name)) continue;
      if (isRepeatedGroup(child)) this.#fillRepeated(group, childPath);
      else if (this.#isEmpty(child)) continue;
      else if (repetition === 'REPEATED') throw new Error(`a repeated ${name}`);
      else if (child.children.length > 0) {
        const inner = this.#group(childPath, group.at);
        const fieldsAt = new Map(inner.at.map((row, index) => [row, inner.rows[index]]));
        for (const [index, row] of group.at.entries())
          if (fieldsAt.has(row)) (group.rows[index] as Fields)[name] = fieldsAt.get(row);
        this.#fill(inner, childPath);
      } else this.#fillValues(group, name, this.#leaf(childPath));
    }
  }

  #fillValues({ at, rows }: Group, name: string, { definitions, maxDefinition, values }: Leaf): void {
    if (definitions.length !== this.#rowCount) throw new Error(`${name} has ${definitions.length} rows`);
    let next = 0;
    for (let index = 0; index < rows.length; index++)
      if (definitions[at[index] as number] === maxDefinition) (rows[index] as Fields)[name] = values[next++];
    if (next !== values.length) throw new Error(`${name} has ${values.length} values for ${next} rows`);
  }

  /** A map or a list. An empty one is as full of nulls as a missing one: only the levels tell. */
  #fillRepeated({ at, rows }: Group, path: Path): void {
    const { element, children } = path.at(-1) as SchemaTree;
    const repeated = children[0] as SchemaTree;
    const [firstChild, secondChild] = repeated.children;
    const first = this.#leaf(firstChild ? [...path, repeated, firstChild] : [...path, repeated]);
    // Without keys there are no values.
    const second =
      secondChild && first.values.length > 0 ? this.#leaf([...path, repeated, secondChild]) : undefined;
    if (second && second.definitions.length !== first.definitions.length)
      throw new Error(`${element.name} has keys without values`);
    const [takeFirst, takeSecond] = [taker(first), second && taker(second)];
    const entryOf = this.#entries(first);
    const level = definitionLevel(path);
    for (let index = 0; index < rows.length; index++) {
      let entry = entryOf(at[index] as number);
      if ((first.definitions[entry] as number) < level) continue;
      const items: unknown[] = [];
      do {
        if ((first.definitions[entry] as number) > level)
          items.push(takeSecond ? [takeFirst(entry), takeSecond(entry)] : takeFirst(entry));
      } while ((first.repetitions[++entry] as number) > 0);
      (rows[index] as Fields)[element.name] = secondChild
        ? Object.fromEntries(items as [string, unknown][])
        : items;
    }
  }

  /** Where in a column the entries of a row begin; a row that has nothing has one. */
  #entries({ definitions, repetitions }: Leaf): (row: number) => number {
    if (definitions.length === this.#rowCount) return (row) => row;
    const starts: number[] = [];
    for (let entry = 0; entry < repetitions.length; entry++) if (repetitions[entry] === 0) starts.push(entry);
    if (starts.length !== this.#rowCount) throw new Error(`a column has ${starts.length} rows`);
    return (row) => starts[row] as number;
  }

  #leaf(path: Path): Leaf {
    const node = path.at(-1) as SchemaTree;
    let leaf = this.#leaves.get(node);
    if (leaf === undefined) {
      const column = this.#columns.get(node.path.join('\n'));
      if (column === undefined || node.children.length > 0)
        throw new Error(`no column ${node.path.join('.')}`);
      leaf = readLeaf(this.#bytes, column, path);
      this.#leaves.set(node, leaf);
    }
    return leaf;
  }
}

/** A map or a list in the layout of three levels that the Parquet format asks for. */
function isRepeatedGroup({ element, children }: SchemaTree): boolean {
  if (element.converted_type !== 'MAP' && element.converted_type !== 'LIST') return false;
  const [repeated] = children;
  if (children.length !== 1 || repeated?.element.repetition_type !== 'REPEATED') return false;
  const inner = repeated.children;
  return element.converted_type === 'LIST'
    ? inner.length <= 1
    : inner.length === 2 && inner.every((child) => child.element.repetition_type !== 'REPEATED');
}

/** Takes the value of one entry after the other. */
function taker({ definitions, maxDefinition, values }: Leaf): (entry: number) => unknown {
  let next = 0;
  return (entry) => (definitions[entry] === maxDefinition ? values[next++] : null);
}
