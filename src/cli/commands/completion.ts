/** `crypto-lake completion bash|zsh|fish`: the script that makes TAB work. */
import { COMPLETION_SCRIPTS, type Shell } from '../completion/scripts.ts';
import type { Command } from '../context.ts';

export const completion: Command = async ({ io }, _flags, [shell]) => {
  io.stdout.write(COMPLETION_SCRIPTS[shell as Shell]);
};
