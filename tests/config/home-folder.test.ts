import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';

const lakeOf = (text: string) =>
  loadConfig({ flags: {}, env: { CRYPTO_LAKE_DIR: text }, dotenvPath: '' }).config.lake;

describe('a path of a setting', () => {
  it('may begin with ~, as in a shell, which no `.env` and no service manager has', () => {
    expect(lakeOf('~/lake')).toBe(join(homedir(), 'lake'));
    expect(lakeOf('~')).toBe(homedir());
    const { config } = loadConfig({ flags: { logToFile: '~/x.log' }, env: {}, dotenvPath: '' });
    expect(config.logToFile).toBe(join(homedir(), 'x.log'));
  });

  it("is refused with another user's ~, and taken as it stands where ~ is not at its beginning", () => {
    expect(() => lakeOf('~root/lake')).toThrow(/`CRYPTO_LAKE_DIR` must be a path/);
    expect(lakeOf('./~lake')).toBe(resolve('~lake'));
    expect(lakeOf('a~b')).toBe(resolve('a~b'));
  });
});
