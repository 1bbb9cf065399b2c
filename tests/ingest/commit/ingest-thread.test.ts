import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IngestThread } from '../../../src/ingest/commit/ingest-thread.ts';
import { eventually, temporaryFolder } from '../../support/program.ts';

const TARGET = {
  lake: '/nowhere',
  spool: '/nowhere/_spool',
  source: 'liquidations',
  appId: 'x',
  duplicateWindowMs: 1,
} as const;

/** `busy`: in a loop without end; `waiting`: for something that never comes; `in the system`: for the pipe's writer. */
async function threadThatHangs(how: 'busy' | 'waiting' | 'in the system'): Promise<IngestThread> {
  process.env.HANGING_HOW = how;
  const folder = await temporaryFolder();
  process.env.HANGING_MARK = join(folder, 'mark');
  process.env.HANGING_PIPE = join(folder, 'pipe');
  execFileSync('mkfifo', [process.env.HANGING_PIPE]);
  const thread = new IngestThread({
    module: new URL('../../support/hanging-worker.js', import.meta.url),
    stallMs: 400,
  });
  onTestFinished(() => void thread.close());
  return thread;
}

/** A thread that begins on a busy machine may itself be called hanging for a while. */
async function answers(thread: IngestThread): Promise<void> {
  const answer = await eventually('it answers', () => thread.open(TARGET).catch(() => undefined));
  expect(answer).toBe(7);
}

describe('the storing thread', () => {
  it.each(['busy', 'waiting'] as const)(
    'that hangs (%s) is reported, and replaced by one that works',
    async (how) => {
      const thread = await threadThatHangs(how);
      await expect(thread.store(TARGET, 1)).rejects.toThrow('answered nothing for');
      expect(thread.isStalled).toBe(true);
      await answers(thread);
      expect(thread.isStalled).toBe(false);
    },
  );

  it('that hangs in a call of the system is replaced when that returns, and not before', async () => {
    const thread = await threadThatHangs('in the system');
    await expect(thread.store(TARGET, 1)).rejects.toThrow('answered nothing for');
    const answer = thread.open(TARGET).catch(() => 'nothing');
    const early = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 500, 'nothing'))]);
    expect(early).toBe('nothing');
    await writeFile(process.env.HANGING_PIPE ?? '', '');
    await answer;
    await answers(thread);
    expect(await thread.close()).toBe(true);
  });

  it('that has nothing to do is not called hanging', async () => {
    const thread = await threadThatHangs('waiting');
    await expect(thread.open(TARGET)).rejects.toThrow('answered nothing for');
    await answers(thread);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(thread.isStalled).toBe(false);
  });

  it('that hangs does not hold up the end', async () => {
    const thread = await threadThatHangs('busy');
    const asked = expect(thread.store(TARGET, 1)).rejects.toThrow('was closed');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await thread.close()).toBe(true);
    await asked;
  });

  it('that was closed begins no other one: it would keep the process alive', async () => {
    const thread = new IngestThread();
    await thread.close();
    await expect(thread.store(TARGET, 1)).rejects.toThrow('the storing thread was closed');
  });
});
