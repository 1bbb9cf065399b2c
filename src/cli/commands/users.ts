/** `crypto-lake users add|list|remove`: who may ask `serve` from other machines. */
import { stdin } from 'node:process';
import { ROLES, type Role, UserStore, usersFile } from '../../api/auth/user-store.ts';
import { LakeError } from '../../base/errors.ts';
import type { Command } from '../context.ts';
import { printRows } from '../print-rows.ts';
import { askSecret } from '../prompt/ask-secret.ts';
import { readStdin } from '../read-stdin.ts';

const COLUMNS = { name: 'name', role: 'name' } as const;

export const users: Command = async ({ config, io, signal }, flags, [action, name]) => {
  const store = new UserStore(usersFile(config.users, process.env));
  if (action === 'list') {
    const all = await store.list();
    return printRows(
      io,
      flags,
      COLUMNS,
      all.map((user) => ({ name: user.name, role: user.role })),
    );
  }
  if (name === undefined)
    throw new LakeError('USAGE', `\`users ${action}\` needs a name`, {
      hint: `write \`crypto-lake users ${action} NAME\``,
    });
  if (action === 'remove') {
    await store.remove(name);
    return io.say(`removed ${name}; tokens of that user end at once`);
  }
  const role = ROLES.find((known) => known === (flags.role ?? 'read'));
  if (role === undefined)
    throw new LakeError('USAGE', '`--role` must be `read` or `admin`', { hint: 'the default is `read`' });
  await store.add(name, await password(signal), role satisfies Role);
  io.say(`added ${name} with the role ${role} to ${store.path}`);
};

/** From the terminal without showing it, or the first line of stdin: never a flag, which other users could see. */
async function password(signal: AbortSignal): Promise<string> {
  if (!stdin.isTTY) return (await readStdin()).split(/\r?\n/, 1)[0] ?? '';
  const first = await askSecret('password: ', signal);
  if (first === (await askSecret('once more: ', signal))) return first;
  throw new LakeError('USAGE', 'the two are not the same', { hint: 'run it again' });
}
