/** Runs `systemctl` or `crontab` and waits for it. */
import { spawn } from 'node:child_process';
import { LakeError, systemCodeOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

export interface ToolResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws LakeError SERVICE_FAILED when there is no such tool. */
export async function runTool(tool: string, args: readonly string[], input = ''): Promise<ToolResult> {
  const child = spawn(tool, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return await new Promise((resolve, reject) => {
    child.on('error', (error) => {
      const reason =
        systemCodeOf(error) === 'ENOENT' ? 'is not on this machine' : `does not run: ${error.message}`;
      reject(failed(`\`${tool}\` ${reason}`));
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The same, where anything but success is an error. @throws LakeError SERVICE_FAILED. */
export async function mustRun(tool: string, args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await runTool(tool, args, input);
  if (code === 0) return stdout;
  const said = printable(stderr.trim().split('\n')[0] ?? '', 300);
  throw failed(`\`${tool} ${args.join(' ')}\` failed${said ? `: ${said}` : ` with ${code}`}`);
}

function failed(message: string): LakeError {
  return new LakeError('SERVICE_FAILED', message, {
    hint: '`--dry-run` prints the unit or line for another machine; `--cron` needs no systemd',
  });
}
