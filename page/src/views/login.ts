/** Name and password against a token, which stays in this tab. */
import { post } from '../api.ts';
import { h } from '../dom.ts';
import { problem } from '../problem.ts';
import { token } from '../token.ts';

export function loginView(root: HTMLElement, onLogin: () => void): void {
  const name = h('input', { name: 'username', autocomplete: 'username', required: true });
  const password = h('input', {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const trouble = h('div');
  const submit = async () => {
    try {
      const answer = await post('/auth/token', { username: name.value, password: password.value });
      const { access_token } = (await answer.json()) as { access_token: string };
      token.set(access_token);
      onLogin();
    } catch (error) {
      trouble.replaceChildren(problem(error));
    }
  };
  root.append(
    h(
      'form',
      {
        class: 'login panel',
        onsubmit: (event: Event) => {
          event.preventDefault();
          void submit();
        },
      },
      h('h2', {}, 'Log in'),
      h('label', {}, 'User', name),
      h('label', {}, 'Password', password),
      h('button', { type: 'submit' }, 'Log in'),
      trouble,
    ),
  );
  name.focus();
}
