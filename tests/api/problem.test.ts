import { expect, it } from 'vitest';
import { problemOf } from '../../src/api/problem.ts';
import { LakeError } from '../../src/base/errors.ts';

it.each(['LAKE_NOT_FOUND', 'TABLE_NOT_FOUND', 'SYMBOL_NOT_FOUND', 'MODEL_NOT_FOUND'] as const)(
  '%s is no fault of the server: 404',
  (code) => expect(problemOf(new LakeError(code, 'it is not there'))).toMatchObject({ status: 404, code }),
);
