/** SQL that a shell sends: `echo "SELECT 1" | crypto-lake read`, or `crypto-lake read < query.sql`. */
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqlText } from './sql-text.ts';

/** Cron, CI and other programs may hold a pipe open in which nothing ever comes. */
const PATIENCE_MS = 3000;

/** @returns what came; undefined for a terminal, `/dev/null`, and a pipe in which nothing comes, which `onSilence` reports. */
export async function pipedText(onSilence: () => void): Promise<string | undefined> {
  const info = statOfStdin();
  if (process.stdin.destroyed) return undefined;
  if (info?.isFile()) return readStdin();
  if (!info?.isFIFO() && !info?.isSocket()) return undefined;
  const over = new AbortController();
  const { signal } = over;
  try {
    const hasCome = await Promise.race([
      Promise.race(['readable', 'end', 'error'].map((event) => once(process.stdin, event, { signal }))),
      sleep(PATIENCE_MS, false, { signal }),
    ]);
    if (hasCome !== false) return await readStdin();
  } finally {
    over.abort();
  }
  onSilence();
  // It must not keep the program from ending.
  process.stdin.destroy();
  return undefined;
}

export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return sqlText(Buffer.concat(chunks), 'what came on stdin');
}

/** It may be closed. */
function statOfStdin() {
  try {
    return fstatSync(0);
  } catch {
    return undefined;
  }
}
