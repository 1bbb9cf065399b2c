/** Another command on the same lake, as a process of its own: its log goes on as ours. */
import type { Logger } from 'pino';
import { LEAN_MEMORY } from '../base/lean-memory.ts';
import { SUPERVISED } from '../base/supervised.ts';
import { ChildService } from '../services/child-service.ts';
import type { CommandContext } from './context.ts';

export function childCommand(
  name: string,
  args: readonly string[],
  { config }: CommandContext,
  log: Logger,
): ChildService {
  return new ChildService({
    name,
    args: [...args, '--lake', config.lake],
    env: {
      ...LEAN_MEMORY,
      ...process.env,
      [SUPERVISED]: '1',
      CRYPTO_LAKE_UP: config.up.join(','),
      // Once for all of them, and reported to systemd by us.
      CRYPTO_LAKE_UPKEEP: 'off',
      NOTIFY_SOCKET: '',
      LOG_TO_FILE: 'false',
      LOG_TO_TERMINAL: 'true',
    },
    onLine: (text) => forward(name, text, log),
  });
}

/** Logs of children are JSON lines: they go on as logs of ours, with their level. */
function forward(service: string, text: string, log: Logger): void {
  try {
    const {
      level,
      msg,
      time: _,
      ...rest
    } = JSON.parse(text) as { level?: string; msg?: string; time?: string };
    const write = level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
    log[write]({ ...rest, service }, msg ?? '');
  } catch {
    if (text.trim() !== '') log[/^error: /.test(text) ? 'warn' : 'info']({ service }, text);
  }
}
