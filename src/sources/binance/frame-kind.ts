/** What a frame is for, told from its first bytes: enough to watch a connection, nothing about what it means. */

/** `event`: a liquidation; `shutdown`: the server says that it will close; `other`: an acknowledgement, or nonsense. */
export type FrameKind = 'canary' | 'event' | 'shutdown' | 'other';

/** Envelope and event type stand within it in every form that the exchange sends, combined or raw. */
const HEAD_BYTES = 96;

export function frameKind(data: Buffer): FrameKind {
  const head = data.toString('latin1', 0, HEAD_BYTES);
  if (head.includes('forceOrder')) return 'event';
  if (head.includes('markPrice')) return 'canary';
  return head.includes('serverShutdown') ? 'shutdown' : 'other';
}
