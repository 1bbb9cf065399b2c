import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/program.ts';

/** A process that is asked to end, has work for `workMs`, and perhaps waits for a pipe that nobody writes to. */
const ENDING = (workMs: number, pipe: string) => `
const { killAfter } = await from('cli/kill-after.js');
const { readFile } = await import('node:fs/promises');
const { setTimeout: sleep } = await import('node:timers/promises');
const stop = new AbortController();
const log = { error: (text) => process.stdout.write(text + '\\n') };
const end = killAfter({ signal: stop.signal, log, endMs: 400 });
stop.abort();
await sleep(${workMs});
if (${JSON.stringify(pipe)}) await readFile(${JSON.stringify(pipe)});
end.cancel();
process.stdout.write('ended well\\n');
await sleep(800);`;

describe('a process that is asked to end', () => {
  it('ends hard when a disk does not answer its own thread', async () => {
    const pipe = join(await temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const child = runChild(ENDING(0, pipe));
    await child.ended;
    expect(child.process.signalCode).toBe('SIGKILL');
    expect(child.lines()).toEqual([expect.stringContaining('the disk of the lake does not answer')]);
  });

  it('is let alone when it has ended in time, however long it lives on', async () => {
    const child = runChild(ENDING(50, ''));
    await child.ended;
    expect([child.process.exitCode, child.process.signalCode]).toEqual([0, null]);
    expect(child.lines()).toEqual(['ended well']);
  });
});
