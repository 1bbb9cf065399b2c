/** Asks for something on the terminal that must not be shown. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

export async function askSecret(question: string, signal: AbortSignal): Promise<string> {
  // What is typed is echoed into nothing.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await prompt.question('', { signal });
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
