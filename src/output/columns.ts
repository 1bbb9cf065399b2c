/** Rows of the program's own: settings, tables, checks. */
import type { JsonValue } from './json-value.ts';

/**
 * What a column holds, said once for all rows: there may be none, or only such as have no value. A narrow terminal
 * cuts a `text` in its middle, breaks `prose` between words, and leaves a `name` whole.
 */
export type ColumnKind = 'text' | 'name' | 'prose' | 'integer' | 'float' | 'boolean' | 'time';
export type Columns = Readonly<Record<string, ColumnKind>>;
export type RowOf<C extends Columns> = { readonly [Name in keyof C]: JsonValue };
