/**
 * A commit file as actions and back: NDJSON, one action a line.
 * Source: Delta protocol, "Actions". Unknown actions are carried as `unknown`.
 */
import { LakeError, messageOf } from '../../base/errors.ts';
import { KNOWN_ACTIONS, wrongField } from './action-fields.ts';
import type { Action } from './actions.ts';
import { parseJson, stringifyJson } from './json.ts';

/** A commit that is larger is no work of a sane writer, and more than a string can hold. */
const MAX_COMMIT_BYTES = 500 * 2 ** 20;

/** @throws LakeError TABLE_DAMAGED naming the file. */
export function parseCommit(bytes: Uint8Array, name: string): Action[] {
  if (bytes.byteLength > MAX_COMMIT_BYTES) throw damaged(name, `it has ${bytes.byteLength} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const actions: Action[] = [];
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const action = parseAction(line, name);
    const kind = 'protocol' in action ? 'protocol' : 'metaData' in action ? 'metaData' : undefined;
    if (kind !== undefined) {
      if (seen.has(kind)) throw damaged(name, `it has two \`${kind}\` actions`);
      seen.add(kind);
    }
    actions.push(action);
  }
  if (actions.length === 0) throw damaged(name, 'it is empty');
  return actions;
}

/** The bytes of a commit: `commitInfo` first, each line ended. */
export function serializeCommit(actions: readonly Action[]): Uint8Array {
  const lines = actions.map((action) =>
    'unknown' in action ? { [action.unknown.name]: action.unknown.value } : action,
  );
  return Buffer.from(lines.map((line) => `${stringifyJson(line)}\n`).join(''));
}

/** @param line one line of a commit or of a JSON checkpoint. */
export function parseAction(line: string, name: string): Action {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (error) {
    throw damaged(name, `it is not JSON (${messageOf(error).slice(0, 100)})`);
  }
  return toAction(value, name);
}

/** The first kind of action that the object has; null ones count as absent. */
export function toAction(value: unknown, name: string): Action {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(name, 'a line is not an object');
  for (const kind in value) {
    const fields: unknown = value[kind as keyof typeof value];
    if (fields !== null) return actionOf(kind, fields, name);
  }
  throw damaged(name, 'a line has no action');
}

/** An action whose fields are as the protocol wants them. Null fields count as absent. */
export function actionOf(kind: string, fields: unknown, name: string): Action {
  if (!KNOWN_ACTIONS.has(kind)) return { unknown: { name: kind, value: fields } };
  if (typeof fields !== 'object' || fields === null) throw damaged(name, `\`${kind}\` is not an object`);
  const record = withoutNulls(fields as Record<string, unknown>);
  const wrong = wrongField(kind, record);
  if (wrong !== undefined)
    throw damaged(name, `\`${kind}.${wrong.slice(0, 100)}\` is missing or of another type`);
  // Nearly all are of this kind, and a key that is computed costs more than all the checks.
  return (kind === 'add' ? { add: record } : { [kind]: record }) as unknown as Action;
}

function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  for (const key in fields) {
    if (fields[key] === null)
      return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  }
  return fields;
}

function damaged(name: string, why: string): LakeError {
  return new LakeError('TABLE_DAMAGED', `the log file \`${name}\` is damaged: ${why}`, {
    hint: 'bring the file back from a backup, or restore the table from one',
  });
}
