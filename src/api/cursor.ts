/** Where the next page begins, as opaque text: the versions that the first page was read from go with it. */
import { LakeError } from '../base/errors.ts';
import type { Position } from '../questions/list-answer.ts';

export interface Cursor {
  readonly versions: Readonly<Record<string, number>>;
  readonly position: Position;
  /** When the versions were committed, if nothing else tells. */
  readonly question: string;
}

export function writeCursor({ versions, position, question }: Cursor): string {
  const [key, value] = Object.entries(position)[0] ?? [];
  return Buffer.from(JSON.stringify([1, question, versions, key, String(value)])).toString('base64url');
}

/** @param question that it must belong to. @throws LakeError USAGE. */
export function readCursor(text: string, question: string): Cursor {
  const parsed = parse(text);
  if (Array.isArray(parsed) && parsed[0] === 1 && parsed.length === 5) {
    const [, of, versions, key, value] = parsed as [1, unknown, unknown, unknown, unknown];
    if (of !== question) {
      throw new LakeError('USAGE', 'the cursor belongs to another question', {
        hint: 'send `next` with all the other parameters of the first page',
      });
    }
    const position = positionOf(key, value);
    if (position && areVersions(versions)) return { versions, position, question };
  }
  throw new LakeError('USAGE', 'the cursor is not one of this server', {
    hint: 'take it from `next` of the page before, or begin without it',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function positionOf(key: unknown, value: unknown): Position | undefined {
  if (typeof value !== 'string' || !/^-?\d{1,18}$/.test(value)) return undefined;
  if (key === 'afterUs') return { afterUs: BigInt(value) };
  if (key === 'beforeUs') return { beforeUs: BigInt(value) };
  if (key === 'offset' && /^\d{1,9}$/.test(value)) return { offset: Number(value) };
  return undefined;
}

function areVersions(value: unknown): value is Record<string, number> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((version) => Number.isSafeInteger(version) && Number(version) >= 0)
  );
}
