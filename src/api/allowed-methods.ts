/** Which methods an address has: asked with another one, it is there all the same (405 with `Allow`, RFC 9110 15.5.6). */
import type { FastifyInstance } from 'fastify';

/** To be called before routes are added. @returns the methods of a path; none where no route is. */
export function allowedMethods(app: FastifyInstance): (path: string) => readonly string[] {
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    // That of all preflights.
    if (url === '*') return;
    const pattern = new RegExp(`^${url.replace('.', '\\.').replace(/:\w+/g, '[^/]+')}$`);
    for (const one of [method].flat()) routes.push({ method: one, pattern });
  });
  return (path) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
  ];
}
