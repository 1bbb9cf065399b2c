/** An error as `application/problem+json` (RFC 9457): the program's own codes and hints, never a stack. */
import type { FastifyReply } from 'fastify';
import type { ErrorCode } from '../base/error-codes.ts';
import { LakeError, messageOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly hint: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  USAGE: 400,
  CONFIG_INVALID: 400,
  SQL_INVALID: 400,
  SQL_FORBIDDEN: 400,
  QUERY_FAILED: 400,
  AUTH_REQUIRED: 401,
  AUTH_FORBIDDEN: 403,
  NOT_FOUND: 404,
  SYMBOL_NOT_FOUND: 404,
  TABLE_NOT_FOUND: 404,
  LAKE_NOT_FOUND: 404,
  MODEL_NOT_FOUND: 404,
  INPUTS_STALE: 503,
  MLFLOW_UNREACHABLE: 503,
  MLFLOW_REFUSED: 502,
  STORE_UNREACHABLE: 503,
  STORE_REFUSED: 502,
  FORMAT_UNSUPPORTED: 406,
  VERSION_NOT_FOUND: 410,
  TOO_LARGE: 413,
  RATE_LIMITED: 429,
  SERVER_BUSY: 503,
  TIMED_OUT: 504,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not logged in',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'No such format',
  408: 'Request timed out',
  410: 'Gone',
  413: 'Too large',
  414: 'Address too long',
  415: 'No such body',
  421: 'Wrong host',
  426: 'A WebSocket is needed',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Internal error',
  502: 'Refused by another server',
  503: 'Not now',
  504: 'Timed out',
};

/** @param status where HTTP knows more than the code. */
export function problemOf(thrown: unknown, status?: number): Problem {
  const error = asLakeError(thrown);
  const of = status ?? STATUS[error.code] ?? 500;
  const isOurs = of >= 500 && error.code === 'INTERNAL';
  return {
    title: TITLES[of] ?? 'Error',
    status: of,
    // What a bug says may name what is nobody's business: it is in the log.
    detail: isOurs ? 'the server failed; its log says why' : printable(error.message, 1000),
    code: error.code,
    hint: printable(error.hint ?? 'see `/docs`', 500),
  };
}

/** An error of the HTTP server, or of ours, as one of ours. */
function asLakeError(thrown: unknown): LakeError {
  if (thrown instanceof LakeError) return thrown;
  const { code, validation, statusCode } = (thrown ?? {}) as {
    code?: string;
    validation?: readonly { message?: string; keyword?: string; params?: Record<string, unknown> }[];
    statusCode?: number;
  };
  if (validation) return invalid(messageOf(thrown), validation[0]);
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new LakeError('TOO_LARGE', 'the body of the request is too large', {
        hint: 'send at most 64 kB',
      });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new LakeError('USAGE', 'the body must be JSON', {
        hint: 'send `Content-Type: application/json`',
      });
    default:
      break;
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new LakeError('USAGE', messageOf(thrown), { hint: 'see `/docs`', cause: thrown });
  }
  return new LakeError('INTERNAL', messageOf(thrown), {
    hint: 'this is a bug in crypto-lake; please report what its log says',
    cause: thrown,
  });
}

function invalid(
  message: string,
  first: { keyword?: string; params?: Record<string, unknown> } | undefined,
): LakeError {
  const unknown = first?.keyword === 'additionalProperties' ? first.params?.additionalProperty : undefined;
  if (typeof unknown === 'string') {
    return new LakeError('USAGE', `there is no parameter \`${unknown.slice(0, 60)}\` here`, {
      hint: '`/docs` lists the parameters of every address',
    });
  }
  const allowed = first?.keyword === 'enum' ? first.params?.allowedValues : undefined;
  const said = message.replace(/^(querystring|params|body)\/?/, '').replace(/^ /, 'the request ');
  return new LakeError('USAGE', said, {
    hint: Array.isArray(allowed)
      ? `it may be ${allowed.join(', ')}`
      : '`/docs` lists the parameters of every address, and what they may be',
  });
}

/** The status for what the HTTP layer itself refuses. */
export function statusOf(thrown: unknown): number | undefined {
  const { code, statusCode, validation } = (thrown ?? {}) as {
    code?: string;
    statusCode?: number;
    validation?: unknown;
  };
  if (thrown instanceof LakeError || validation !== undefined || code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return undefined;
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

/** As bytes: a charset has no place behind this type. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  reply.code(problem.status).header('content-type', PROBLEM_TYPE).header('cache-control', 'no-store');
  return reply.send(Buffer.from(JSON.stringify(problem)));
}
