/** Servers of a job: where they listen, when they answer, and their end. */
import { createServer } from 'node:net';

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Asks until there is a good answer. */
export async function answered(url, deadlineMs = 30_000, everyMs = 50) {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return void (await answer.arrayBuffer());
    if (Date.now() > until)
      throw new Error(`${url}: ${answer ? `${answer.status} ${await answer.text()}` : 'no answer'}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** SIGTERM, and its end. */
export async function stopped(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}
