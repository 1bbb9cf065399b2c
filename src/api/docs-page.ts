/** `/docs`: a page that renders `/openapi.json` by itself, without a network. */
export function docsPage(): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>crypto-lake API</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  code { font: 0.93em ui-monospace, monospace }
  details { border: 1px solid #8884; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem }
  summary { cursor: pointer }
  table { border-collapse: collapse; width: 100% }
  td, th { text-align: left; padding: .2rem .6rem .2rem 0; vertical-align: top; border-top: 1px solid #8882 }
  .method { font-weight: 600; display: inline-block; min-width: 3.5rem }
</style>
<main>
<h1>crypto-lake API</h1>
<p>The same as data: <a href="/openapi.json">/openapi.json</a>. Errors are <code>application/problem+json</code> with a code and a hint.
Lists answer <code>{data, next, data_version, as_of, complete_until, holes, truncated}</code>; <code>next</code> is the <code>cursor</code> of the next page.
Live: <code>/ws</code>, and <code>/events</code> as server-sent events.</p>
<div id="paths"></div>
<noscript>This page needs JavaScript; /openapi.json does not.</noscript>
</main>
<script src="/docs/page.js"></script>
</html>
`;
}

/** A file of its own, since the content policy allows no script in a page. */
export const DOCS_SCRIPT = `const node = (name, text, ...children) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};
fetch('/openapi.json').then((answer) => answer.json()).then(({ paths }) => {
  const list = document.getElementById('paths');
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { summary, parameters = [] }] of Object.entries(methods)) {
      const rows = parameters.map(({ name, required, description, schema = {} }) =>
        node('tr', '', node('td', '', node('code', name)), node('td', required ? 'required' : ''),
          node('td', schema.default === undefined ? '' : String(schema.default)), node('td', description || schema.description || '')));
      const head = node('tr', '', ...['parameter', '', 'default', 'meaning'].map((text) => node('th', text)));
      const title = node('summary', '', Object.assign(node('span', method.toUpperCase()), { className: 'method' }), node('code', path), ' ' + (summary || ''));
      list.append(node('details', '', title, rows.length ? node('table', '', head, ...rows) : node('p', 'no parameters')));
    }
  }
});
`;
