/**
 * The one error class of the program. Everything that a person may see is a LakeError: what happened (`message`),
 * what to do (`hint`), and a stable `code` that decides the exit code.
 */
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

export interface LakeErrorOptions {
  /** One sentence that tells the person what to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class LakeError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: LakeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LakeError';
    this.code = code;
    this.hint = options.hint;
  }

  /** The process exit code that belongs to this error. */
  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error (`ENOENT`, `ENOSPC`, …), if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
