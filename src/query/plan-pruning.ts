/**
 * Turns the `WHERE` of a query into predicates that skip files. Only comparisons of a column with what DuckDB computes
 * without any row count; everything else is unknown and skips nothing. Constants are computed in the transaction that
 * the query runs in, so that `now()` is the same time in both.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataType, StructType } from '../delta/schema.ts';
import { computeConstant, isConstant } from './constant.ts';
import { type Operator, type Predicate, UNKNOWN } from './predicate.ts';
import { isNode, type SqlNode, type SqlTree, type TableUse } from './sql-tree.ts';

/** @returns for each table that is named, by its name in lower case: what its rows must meet to count. */
export async function planPruning(
  connection: DuckDBConnection,
  tree: SqlTree,
  schemas: ReadonlyMap<string, StructType>,
): Promise<ReadonlyMap<string, Predicate>> {
  const predicates = new Map<string, Predicate>();
  for (const use of tree.uses) {
    const schema = schemas.get(use.table);
    if (schema === undefined) continue;
    // A CTE of the table's name would be meant instead of it, at least somewhere.
    const isSure = use.where !== undefined && !tree.ctes.has(use.table);
    const planned = isSure && use.where ? await plan(use.where, { connection, tree, use, schema }) : UNKNOWN;
    const other = predicates.get(use.table);
    // A file is needed when any use of its table needs it.
    predicates.set(use.table, other ? { kind: 'or', parts: [other, planned] } : planned);
  }
  return predicates;
}

interface Scope {
  readonly connection: DuckDBConnection;
  readonly tree: SqlTree;
  readonly use: TableUse;
  readonly schema: StructType;
}

async function plan(node: SqlNode, scope: Scope): Promise<Predicate> {
  switch (node.type) {
    case 'CONJUNCTION_AND':
    case 'CONJUNCTION_OR': {
      const parts: Predicate[] = [];
      for (const child of nodes(node.children)) parts.push(await plan(child, scope));
      return { kind: node.type === 'CONJUNCTION_AND' ? 'and' : 'or', parts };
    }
    case 'COMPARE_BETWEEN': {
      const from = await compare(node.input, '>=', node.lower, scope);
      return { kind: 'and', parts: [from, await compare(node.input, '<=', node.upper, scope)] };
    }
    case 'COMPARE_IN': {
      const [column, ...values] = nodes(node.children);
      const parts: Predicate[] = [];
      for (const value of values) parts.push(await compare(column, '=', value, scope));
      return parts.length > 0 ? { kind: 'or', parts } : UNKNOWN;
    }
    case 'OPERATOR_IS_NULL':
    case 'OPERATOR_IS_NOT_NULL': {
      const [operand] = nodes(node.children);
      const column = ownColumn(operand, scope);
      const isNull = node.type === 'OPERATOR_IS_NULL';
      // A join makes rows of nulls where it finds none: there, a null says nothing of the files.
      if (column === undefined || (isNull && scope.use.isJoined)) return UNKNOWN;
      return { kind: 'is-null', column: column.name, isNull };
    }
    default: {
      const operator = OPERATORS[String(node.type)];
      if (operator === undefined) return UNKNOWN;
      const straight = await compare(node.left, operator, node.right, scope);
      return straight.kind === 'unknown'
        ? compare(node.right, MIRRORED[operator], node.left, scope)
        : straight;
    }
  }
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  COMPARE_EQUAL: '=',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
};

const MIRRORED: Readonly<Record<Operator, Operator>> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

async function compare(left: unknown, operator: Operator, right: unknown, scope: Scope): Promise<Predicate> {
  const column = ownColumn(left, scope);
  if (column === undefined || !isNode(right) || !isConstant(right, (name) => isNameTaken(name, scope)))
    return UNKNOWN;
  const value = await computeConstant(scope.connection, right, column.type, operator);
  return value === undefined ? UNKNOWN : { kind: 'compare', column: column.name, operator, value };
}

/** The table's column that an expression is, with nothing done to it. */
function ownColumn(node: unknown, { use, schema }: Scope): { name: string; type: DataType } | undefined {
  if (!isNode(node) || node.type !== 'COLUMN_REF' || !Array.isArray(node.column_names)) return undefined;
  const names = node.column_names.map((name) => String(name).toLowerCase());
  const isOwn = names.length === 1 ? !use.isJoined : names.length === 2 && names[0] === use.alias;
  const field = schema.fields.find(({ name }) => name.toLowerCase() === names.at(-1));
  return isOwn && field ? { name: field.name.toLowerCase(), type: field.type } : undefined;
}

function isNameTaken(name: string, { tree, schema }: Scope): boolean {
  return tree.givenNames.has(name) || schema.fields.some((field) => field.name.toLowerCase() === name);
}

function nodes(value: unknown): SqlNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}
