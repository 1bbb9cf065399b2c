/**
 * Which columns of a checkpoint's row group hold anything. Most do not: a group of `add`s has dozens of columns of other
 * actions and of optional fields, and a reader that assembles rows spends its time on their nulls.
 */
import type { FileMetaData, RowGroup, SchemaElement } from 'hyparquet';

/** Copies of `stats` and `partitionValues` typed by the schema: the texts are the source. */
const COPIES: ReadonlySet<string | undefined> = new Set(['stats_parsed', 'partitionValues_parsed']);

/**
 * @param leftOut a kind of action whose columns are not read, whatever they hold.
 * @returns the metadata of a file of this row group alone, with only the columns that are worth reading.
 */
export function usedColumns(metadata: FileMetaData, group: RowGroup, leftOut?: string): FileMetaData {
  const empty = new Set<string>();
  const actions = new Set<string | undefined>();
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) continue;
    const nulls = column.statistics?.null_count;
    if (nulls !== undefined && BigInt(nulls) === column.num_values) empty.add(keyOf(column.path_in_schema));
    else if (column.path_in_schema[0] !== leftOut) actions.add(column.path_in_schema[0]);
  }
  const isUsed = (path: readonly string[], isRepeated: boolean): boolean => {
    if (COPIES.has(path[1]) || !actions.has(path[0])) return false;
    // An empty list or map is as full of nulls as a missing one, and not the same.
    return isRepeated || !empty.has(keyOf(path));
  };
  const schema = prunedSchema(metadata.schema, isUsed);
  const columns = group.columns.filter(
    ({ meta_data }) => meta_data && schema.leaves.has(keyOf(meta_data.path_in_schema)),
  );
  return {
    ...metadata,
    schema: schema.elements,
    num_rows: group.num_rows,
    row_groups: [{ ...group, columns }],
  };
}

interface PrunedSchema {
  readonly elements: SchemaElement[];
  readonly leaves: Set<string>;
}

/** @param schema the elements of a tree, depth first, the root in front. Source: Parquet format, `FileMetaData.schema`. */
function prunedSchema(
  schema: readonly SchemaElement[],
  isUsed: (path: readonly string[], isRepeated: boolean) => boolean,
): PrunedSchema {
  const leaves = new Set<string>();
  let next = 0;
  const visit = (parent: readonly string[], isInRepeated: boolean): SchemaElement[] => {
    const element = schema[next++] as SchemaElement;
    const path = next === 1 ? [] : [...parent, element.name];
    const isRepeated = isInRepeated || element.repetition_type === 'REPEATED';
    const { num_children: count = 0 } = element;
    if (count === 0) {
      if (!isUsed(path, isRepeated)) return [];
      leaves.add(keyOf(path));
      return [element];
    }
    const children = Array.from({ length: count }, () => visit(path, isRepeated)).filter(
      ({ length }) => length > 0,
    );
    if (children.length === 0 && path.length > 0) return [];
    return [{ ...element, num_children: children.length }, ...children.flat()];
  };
  return { elements: visit([], false), leaves };
}

function keyOf(path: readonly string[]): string {
  return path.join('\n');
}
