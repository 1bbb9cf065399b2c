/**
 * Expressions without columns, computed by DuckDB itself and put into the order of the column that they are compared
 * with. Of other types than that column's only those whose comparison is known to be exact.
 */
import {
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
  quotedString,
} from '@duckdb/node-api';
import type { DataType } from '../../delta/format/schema.ts';
import { stringifyJson } from '../../delta/log/json.ts';
import type { Comparable, Operator } from './predicate.ts';
import { isNode, type SqlNode } from './sql-tree.ts';

/** Functions that give the same value all through a transaction. */
const STEADY_FUNCTIONS: ReadonlySet<string> = new Set(
  'now today get_current_timestamp transaction_timestamp current_date + - * trunc date_trunc datetrunc make_date make_timestamp make_timestamptz to_timestamp epoch_ms to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds'.split(
    ' ',
  ),
);
/** Names that are functions without parentheses, unless something has such a name. */
const STEADY_NAMES: ReadonlySet<string> = new Set(['current_date', 'current_timestamp']);
const DAY_US = 86_400_000_000n;

/** @param isNameTaken whether a name may be a column. */
export function isConstant(node: SqlNode, isNameTaken: (name: string) => boolean): boolean {
  switch (node.type) {
    case 'VALUE_CONSTANT':
      return true;
    case 'OPERATOR_CAST':
      return isNode(node.child) && isConstant(node.child, isNameTaken);
    case 'FUNCTION':
      return (
        STEADY_FUNCTIONS.has(String(node.function_name)) &&
        Array.isArray(node.children) &&
        node.children.every((child) => isNode(child) && isConstant(child, isNameTaken))
      );
    case 'COLUMN_REF': {
      const [name, ...more] = Array.isArray(node.column_names) ? node.column_names.map(String) : [];
      const lower = name?.toLowerCase() ?? '';
      return more.length === 0 && STEADY_NAMES.has(lower) && !isNameTaken(lower);
    }
    default:
      return false;
  }
}

/** What a column is compared with. */
export interface Constant {
  readonly node: SqlNode;
  /** Of the column. */
  readonly type: DataType;
  readonly operator: Operator;
}

/** @returns for each: undefined when the comparison is not one that is surely understood, or with null. */
export async function computeConstants(
  connection: DuckDBConnection,
  constants: readonly Constant[],
): Promise<(Comparable | undefined)[]> {
  const isComputed = ({ type }: Constant) => type === 'date' || type === 'timestamp' || isInteger(type);
  const row = (await evaluate(connection, constants.filter(isComputed))).values();
  return constants.map((constant) => {
    const { node, type, operator } = constant;
    if (type === 'string') return textLiteral(node);
    if (!isComputed(constant)) return undefined;
    const [value = null, valueType] = [row.next().value, row.next().value];
    // DuckDB compares integers with it as floats, in which neighbours are equal.
    if (valueType === 'FLOAT') return undefined;
    if (isInteger(type)) return integerOf(value);
    const micros = microsOf(value);
    return type === 'timestamp' || micros === undefined ? micros : daysOf(micros, operator);
  });
}

/** @returns the value and the name of the type of each, in a row. */
async function evaluate(
  connection: DuckDBConnection,
  constants: readonly Constant[],
): Promise<readonly DuckDBValue[]> {
  if (constants.length === 0) return [];
  const names = constants.map((_, index) => `v${index}`);
  const values = constants.map(({ node, type }, index) => {
    // DuckDB reads a text literal as a value of the column's type.
    const isText = textLiteral(node) !== undefined;
    const value = isText ? `CAST(v${index} AS ${CASTS[String(type)] ?? 'BIGINT'})` : `v${index}`;
    return `${value}, typeof(v${index})`;
  });
  const tree = stringifyJson(selectOf(constants.map(({ node }) => node)));
  const sql = await connection.runAndReadAll(`SELECT json_deserialize_sql(${quotedString(tree)}::JSON)`);
  const result = await connection.runAndReadAll(
    `SELECT ${values.join(', ')} FROM (${sql.getRows()[0]?.[0]}) AS q(${names.join(', ')})`,
  );
  return result.getRows()[0] ?? [];
}

const CASTS: Readonly<Record<string, string>> = { date: 'DATE', timestamp: 'TIMESTAMPTZ' };

function isInteger(type: DataType): boolean {
  return type === 'byte' || type === 'short' || type === 'integer' || type === 'long';
}

function textLiteral({ type, value }: SqlNode): string | undefined {
  if (type !== 'VALUE_CONSTANT' || !isNode(value) || !isNode(value.type)) return undefined;
  return value.type.id === 'VARCHAR' && typeof value.value === 'string' ? value.value : undefined;
}

function integerOf(value: DuckDBValue): bigint | undefined {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
    ? BigInt(value)
    : undefined;
}

/** Times without a zone are UTC, as the session is. */
function microsOf(value: DuckDBValue): bigint | undefined {
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue) return value.micros;
  return value instanceof DuckDBDateValue ? BigInt(value.days) * DAY_US : undefined;
}

/** The day whose comparison says the same as that of a date's midnight with a time. */
function daysOf(micros: bigint, operator: Operator): bigint | undefined {
  const floor = micros / DAY_US - (micros % DAY_US < 0n ? 1n : 0n);
  const isMidnight = micros % DAY_US === 0n;
  if (operator === '=') return isMidnight ? floor : undefined;
  return operator === '>=' || operator === '<' ? floor + (isMidnight ? 0n : 1n) : floor;
}

/** The tree of `SELECT expression, …`. */
function selectOf(expressions: readonly SqlNode[]) {
  const node = {
    type: 'SELECT_NODE',
    modifiers: [],
    cte_map: { map: [] },
    select_list: expressions,
    from_table: { type: 'EMPTY', alias: '', sample: null, query_location: 0 },
    where_clause: null,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    sample: null,
    qualify: null,
  };
  return { error: false, statements: [{ node, named_param_map: [] }] };
}
