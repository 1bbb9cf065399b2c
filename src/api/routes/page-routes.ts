/** The page: three files of the build, held in memory. It has no data of its own; what it shows, the API gives. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PAGE_FOLDER } from '../../base/program-file.ts';

interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
};

const files = new Map<string, PageFile>();

export function pageRoutes(app: FastifyInstance): void {
  for (const name of ['page.css', 'page.js'])
    app.get(`/page/${name}`, { schema: { hide: true } }, (request, reply) => sendFile(name, request, reply));
}

/** Whether who asks for `/` is a browser, which wants the page, and not a program, which wants the facts. */
export function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.split(',').some((type) => type.trim().startsWith('text/html')) === true;
}

export function sendPage(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendFile('index.html', request, reply.header('vary', 'accept'));
}

function sendFile(name: string, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const file = fileOf(name);
  // The next version of the program has the same names: they are asked for again, and mostly not sent again.
  reply.header('cache-control', 'no-cache').header('etag', file.etag);
  if (headers['if-none-match'] === file.etag) return reply.code(304).send();
  reply.type(file.type);
  if (headers['accept-encoding']?.includes('gzip') !== true) return reply.send(file.plain);
  return reply.header('content-encoding', 'gzip').send(file.gzipped);
}

function fileOf(name: string): PageFile {
  let file = files.get(name);
  if (file === undefined) {
    const plain = readFileSync(join(PAGE_FOLDER, name));
    const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`;
    file = { type: TYPES[name] ?? '', etag, plain, gzipped: gzipSync(plain) };
    files.set(name, file);
  }
  return file;
}
