/** States in which a collector does what it is there for, in its status file too. */
export const WORKING_STATES: ReadonlySet<string> = new Set([
  'listening',
  'polling',
  'waiting for the next poll',
]);
