import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveLocation } from '../../src/base/location.ts';

describe('a place', () => {
  it.each([
    ['tables', resolve('tables')],
    ['s3://bucket/lake//', 's3://bucket/lake'],
    ['S3A://bucket', 's3://bucket'],
    ['a:b/c', resolve('a:b/c')],
  ])('%s is %s', (text, place) => {
    expect(resolveLocation(text)).toBe(place);
  });

  // As folders they would be on this machine.
  it.each(['s3://', 's3:///lake', 's3:/bucket/lake', 'gs://bucket/lake', 'abfss://a@b/lake', 'file:///lake'])(
    '%s is none, which is said',
    (text) => {
      expect(() => resolveLocation(text)).toThrow(
        expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(text) }),
      );
    },
  );
});
