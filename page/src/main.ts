/** The page: a header, one view at a time, and a login where the server asks for one. */
import { ApiError } from './api.ts';
import { announce, h } from './dom.ts';
import { Live, type LiveState } from './live.ts';
import { preferences, savePreferences } from './preferences.ts';
import { problem } from './problem.ts';
import { readRoute } from './route.ts';
import { token } from './token.ts';
import type { View } from './view.ts';
import { chartView } from './views/chart.ts';
import { coverageView } from './views/coverage.ts';
import { healthView } from './views/health.ts';
import { liquidationsView } from './views/liquidations.ts';
import { loginView } from './views/login.ts';
import { sqlView } from './views/sql.ts';

const VIEWS: readonly (readonly [name: string, title: string, view: View])[] = [
  ['chart', 'Chart', chartView],
  ['liquidations', 'Liquidations', liquidationsView],
  ['coverage', 'Coverage and quality', coverageView],
  ['health', 'Health', healthView],
  ['sql', 'SQL', sqlView],
];

const STATE_TEXT: Readonly<Record<LiveState, string>> = {
  live: 'live',
  connecting: 'connecting',
  off: 'not connected',
};

const state = h(
  'span',
  { class: 'state', 'data-state': 'connecting', role: 'status' },
  STATE_TEXT.connecting,
);
const live = new Live((now) => {
  state.textContent = STATE_TEXT[now];
  state.dataset.state = now;
});
const main = document.getElementById('view') as HTMLElement;
let leave = new AbortController();

/** Shows the view of the address; the one before ends its requests and subscriptions. */
async function show(): Promise<void> {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const { view } = readRoute();
  const [name, title, render] = VIEWS.find(([known]) => known === view) ?? VIEWS[0] ?? [];
  if (render === undefined) return;
  document.title = `${title} · crypto-lake`;
  drawHeader(name ?? '');
  const root = h('div', { class: 'columns-of-one', style: 'display: contents' });
  main.replaceChildren(root);
  try {
    await render(root, { signal, live });
    if (!signal.aborted) announce(`${title} is shown`);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ApiError && error.status === 401) showLogin();
    else root.append(problem(error));
  }
}

function showLogin(): void {
  leave.abort();
  leave = new AbortController();
  const root = h('div');
  main.replaceChildren(root);
  loginView(root, () => void show());
}

function drawHeader(current: string): void {
  const links = VIEWS.map(([name, title]) =>
    h('li', {}, h('a', { href: `#${name}`, 'aria-current': name === current ? 'page' : undefined }, title)),
  );
  const toggle = (text: string, label: string, onclick: () => void) =>
    h(
      'button',
      {
        type: 'button',
        'aria-label': label,
        title: label,
        onclick: () => {
          onclick();
          void show();
        },
      },
      text,
    );
  document.getElementById('top')?.replaceChildren(
    h('h1', {}, 'crypto-lake'),
    h('nav', { 'aria-label': 'Views' }, h('ul', {}, ...links)),
    h(
      'div',
      { class: 'tools' },
      state,
      toggle(preferences.zone === 'utc' ? 'UTC' : 'Local time', 'Switch between UTC and local time', () =>
        savePreferences({ zone: preferences.zone === 'utc' ? 'local' : 'utc' }),
      ),
      toggle(preferences.theme === 'dark' ? 'Light' : 'Dark', 'Switch between dark and light', () =>
        savePreferences({ theme: preferences.theme === 'dark' ? 'light' : 'dark' }),
      ),
    ),
  );
}

/** `1` to `5` choose a view, `/` goes to the first field of it. */
function onKey(event: KeyboardEvent): void {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target instanceof HTMLElement && target.closest('input, textarea, select') !== null) return;
  const view = VIEWS[Number(event.key) - 1];
  if (view !== undefined) location.hash = view[0];
  if (event.key !== '/') return;
  event.preventDefault();
  main.querySelector<HTMLElement>('input, textarea')?.focus();
}

savePreferences({});
token.onForgotten(showLogin);
addEventListener('hashchange', () => void show());
addEventListener('keydown', onKey);
void show();
