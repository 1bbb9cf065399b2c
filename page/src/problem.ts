/** What went wrong, and what to do: as the API says it. */
import { ApiError } from './api.ts';
import { h } from './dom.ts';

export function problem(error: unknown): HTMLElement {
  const message = error instanceof Error ? error.message : String(error);
  const { code, hint } = error instanceof ApiError ? error : { code: '', hint: '' };
  return h(
    'div',
    { class: 'error', role: 'alert' },
    h('p', {}, `${message}${code === '' ? '' : ` [${code}]`}`),
    hint !== '' && h('p', { class: 'note' }, hint),
  );
}
