/**
 * The OpenAPI document of a server's routes. What makes it is loaded when somebody asks for it: routes are noted as they
 * are added, and added to a second server too, which listens nowhere.
 */
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import { readPackage } from '../base/program-file.ts';

/** To be called before the first route. @returns what makes the document, once. */
export function describeRoutes(app: FastifyInstance): () => Promise<object> {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD') routes.push(route);
  });
  let document: Promise<object> | undefined;
  return () => {
    document ??= documentOf(routes);
    return document;
  };
}

async function documentOf(routes: readonly RouteOptions[]): Promise<object> {
  const { default: swagger } = await import('@fastify/swagger');
  const { LIVE_SCHEMAS } = await import('./live/live-schemas.ts');
  const app = Fastify({ exposeHeadRoutes: false });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => () => '');
  await app.register(swagger, {
    openapi: { ...OPENAPI, components: { ...OPENAPI.components, schemas: LIVE_SCHEMAS } },
  });
  await app.register(async (described) => {
    for (const { method, url, schema } of routes)
      described.route({ method, url, ...(schema && { schema }), handler: () => undefined });
  });
  await app.ready();
  return app.swagger();
}

const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'crypto-lake',
    version: readPackage().version,
    description: 'Liquidations, prices, bars and what is derived from them, out of a Delta Lake.',
  },
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
  },
} as const;
