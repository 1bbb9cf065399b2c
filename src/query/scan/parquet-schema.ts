/** The schema of a Parquet file as a tree. Source: Parquet format, "Nested Types" and their rules for older writers. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { parquetList } from '../../parquet/parquet-list.ts';

export interface ParquetNode {
  readonly name: string;
  readonly fieldId: number | undefined;
  readonly isRepeated: boolean;
  /** As Parquet calls it; undefined for groups. */
  readonly type: string | undefined;
  readonly children: readonly ParquetNode[];
}

/** Files of one schema. */
export interface ParquetShape {
  readonly root: ParquetNode;
  readonly paths: readonly string[];
}

type Element = readonly [
  name: string,
  children: number,
  fieldId: number | null,
  repetition: string | null,
  type: string | null,
];

/** @returns every path once, under the schema of its file. */
export async function parquetShapes(
  connection: DuckDBConnection,
  paths: ReadonlySet<string>,
): Promise<ParquetShape[]> {
  const result = await connection.runAndReadAll(
    `SELECT file_name, name, coalesce(num_children, 0)::INTEGER, field_id::INTEGER, repetition_type, type
     FROM parquet_schema(${parquetList(paths)})`,
  );
  const elements = new Map<string, Element[]>([...paths].map((path) => [path, []]));
  for (const [path, ...element] of result.getRows() as unknown as [string, ...Element][]) {
    elements.get(path)?.push(element);
  }
  const nameless = [...elements].find(([, list]) => list.length === 0);
  if (nameless) throw new Error(`the schema of \`${nameless[0]}\` cannot be read`);
  const shapes = new Map<string, { root: ParquetNode; paths: string[] }>();
  for (const [path, list] of elements) {
    const key = JSON.stringify(list);
    const shape = shapes.get(key);
    if (shape) shape.paths.push(path);
    else shapes.set(key, { root: treeOf(list[Symbol.iterator]()), paths: [path] });
  }
  return [...shapes.values()];
}

const NO_ELEMENT: Element = ['', 0, null, null, null];

/** Elements come depth first, each with the number of its children. */
function treeOf(elements: Iterator<Element>): ParquetNode {
  const [name, count, fieldId, repetition, type] = elements.next().value ?? NO_ELEMENT;
  const children = Array.from({ length: count }, () => treeOf(elements));
  return {
    name,
    fieldId: fieldId ?? undefined,
    isRepeated: repetition === 'REPEATED',
    type: type ?? undefined,
    children,
  };
}

/** What a list holds: older writers leave out one of the two groups around it, or both. */
export function elementNode(list: ParquetNode): ParquetNode {
  const [repeated] = list.children;
  if (list.isRepeated || repeated === undefined) return list;
  const [only] = repeated.children;
  const isElement = repeated.name === 'array' || repeated.name === `${list.name}_tuple`;
  return only === undefined || repeated.children.length > 1 || isElement ? repeated : only;
}
