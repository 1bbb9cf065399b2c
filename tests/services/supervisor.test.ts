import { once } from 'node:events';
import pino from 'pino';
import { expect, it } from 'vitest';
import { LakeError } from '../../src/base/errors.ts';
import type { Service } from '../../src/services/service.ts';
import { supervise } from '../../src/services/supervisor.ts';
import { eventually } from '../support/program.ts';

it('a service that fails is started again and one that fails for good ends alone, while the others go on untouched', async () => {
  const starts: string[] = [];
  const service = (name: string, work: (start: number) => void): Service => ({
    name,
    run: async (signal) => {
      starts.push(name);
      work(starts.filter((one) => one === name).length);
      await once(signal, 'abort');
    },
  });
  const fatal = new LakeError('EXCHANGE_BLOCKED', 'not from here', { hint: 'x' });
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  const stopping = new AbortController();
  const ended = supervise({
    services: [
      service('steady', () => undefined),
      service('shaky', (start) => {
        if (start < 2) throw new Error('it broke');
      }),
      service('blocked', () => {
        throw fatal;
      }),
    ],
    signal: stopping.signal,
    log,
  });
  await eventually('the shaky one is back', () => starts.filter((name) => name === 'shaky').length === 2);
  stopping.abort();
  expect(await ended).toEqual([fatal]);
  expect(starts.sort()).toEqual(['blocked', 'shaky', 'shaky', 'steady']);
  expect(lines.sort()).toEqual(['blocked ended: not from here', 'shaky failed: it broke']);
});
