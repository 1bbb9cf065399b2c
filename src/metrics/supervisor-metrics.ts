/** What `up` tells its `serve` of the processes that it runs, as text for `/metrics`: they have no address of their own to be scraped at. */

/** Names the text in a message between the two. */
export const SUPERVISOR_METRICS = 'supervisor_metrics';

/** @returns the newest text of the parent; empty where there is none. */
export function listenToSupervisor(child: NodeJS.Process): () => string {
  let text = '';
  child.on('message', (message: unknown) => {
    const metrics = (message as Readonly<Record<string, unknown>> | null)?.[SUPERVISOR_METRICS];
    if (typeof metrics === 'string') text = metrics;
  });
  // To listen is no reason to live.
  child.channel?.unref();
  return () => text;
}
