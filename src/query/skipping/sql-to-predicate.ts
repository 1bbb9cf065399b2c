/**
 * Turns the `WHERE` of a query into predicates that skip files. Only comparisons of a column with what DuckDB computes
 * without any row count; everything else is unknown and skips nothing. Constants are computed in the transaction that
 * the query runs in, so that `now()` is the same time in both.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataType, StructType } from '../../delta/format/schema.ts';
import { type Constant, computeConstants, isConstant } from './fold-constants.ts';
import { type Comparable, type Operator, type Predicate, UNKNOWN } from './predicate.ts';
import { isNode, type SqlNode, type SqlTree, type TableUse } from './sql-tree.ts';

/** @returns for each table that is named, by its name in lower case: what its rows must meet to count. */
export async function sqlToPredicates(
  connection: DuckDBConnection,
  tree: SqlTree,
  schemas: ReadonlyMap<string, StructType>,
): Promise<ReadonlyMap<string, Predicate>> {
  const plans = new Map<string, Plan>();
  const constants: Constant[] = [];
  for (const use of tree.uses) {
    const schema = schemas.get(use.table);
    if (schema === undefined) continue;
    // A CTE of the table's name would be meant instead of it, at least somewhere.
    const isSure = use.where !== undefined && !tree.ctes.has(use.table);
    const planned = isSure && use.where ? plan(use.where, { tree, use, schema, constants }) : UNKNOWN;
    const other = plans.get(use.table);
    // A file is needed when any use of its table needs it.
    plans.set(use.table, other ? { kind: 'or', parts: [other, planned] } : planned);
  }
  const values = await computeConstants(connection, constants);
  const computed = new Map(constants.map((constant, index) => [constant, values[index]]));
  return new Map([...plans].map(([table, planned]) => [table, withValues(planned, computed)]));
}

/** Its constants are not computed yet: that is done for all of them at once. */
interface PlannedComparison {
  readonly kind: 'compare';
  readonly column: string;
  readonly constant: Constant;
}
type Plan = Predicate<PlannedComparison>;

function withValues(planned: Plan, computed: ReadonlyMap<Constant, Comparable | undefined>): Predicate {
  if ('parts' in planned)
    return { kind: planned.kind, parts: planned.parts.map((part) => withValues(part, computed)) };
  if (planned.kind !== 'compare') return planned;
  const { column, constant } = planned;
  const value = computed.get(constant);
  return value === undefined ? UNKNOWN : { kind: 'compare', column, operator: constant.operator, value };
}

interface Scope {
  /** Those found so far; grows. */
  readonly constants: Constant[];
  readonly tree: SqlTree;
  readonly use: TableUse;
  readonly schema: StructType;
}

function plan(node: SqlNode, scope: Scope): Plan {
  switch (node.type) {
    case 'CONJUNCTION_AND':
    case 'CONJUNCTION_OR': {
      const parts = nodes(node.children).map((child) => plan(child, scope));
      return { kind: node.type === 'CONJUNCTION_AND' ? 'and' : 'or', parts };
    }
    case 'COMPARE_BETWEEN': {
      const from = compare(node.input, '>=', node.lower, scope);
      return { kind: 'and', parts: [from, compare(node.input, '<=', node.upper, scope)] };
    }
    case 'COMPARE_IN': {
      const [column, ...values] = nodes(node.children);
      const parts = values.map((value) => compare(column, '=', value, scope));
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
      const straight = compare(node.left, operator, node.right, scope);
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

function compare(left: unknown, operator: Operator, right: unknown, scope: Scope): Plan {
  const column = ownColumn(left, scope);
  if (column === undefined || !isNode(right) || !isConstant(right, (name) => isNameTaken(name, scope)))
    return UNKNOWN;
  const constant = { node: right, type: column.type, operator };
  scope.constants.push(constant);
  return { kind: 'compare', column: column.name, constant };
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
