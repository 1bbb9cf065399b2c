import { VENUES } from './registry.ts';

/** The command that collects a source, as one types it: the venue is named where several have the command. */
export function collectingCommand(id: string): string {
  const sources = VENUES.flatMap((venue) => venue.sources);
  const source = sources.find((candidate) => candidate.id === id);
  if (source === undefined) return id;
  const { command, venue } = source;
  const isShared = sources.some((other) => other.command === command && other.venue !== venue);
  return isShared && source.completeness !== undefined ? `${command} --venue ${venue}` : command;
}
