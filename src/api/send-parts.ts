/** Sends an answer in pieces without a copy of them, and lets go of it when it is sent. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Answer } from './answer.ts';

/** @param answer held for this reply. */
export function sendParts(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.parts.length === 1) return reply.send(answer.parts[0]);
  reply.header('content-length', answer.length);
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
  writeParts(raw, answer);
  return reply;
}

/** @param answer held for this response, whose head is written. */
export function writeParts(response: ServerResponse, answer: Answer): void {
  // A reader that goes away meanwhile leaves the pieces to the garbage collector: the system may still hold them.
  response.once('finish', () => answer.release());
  // Into one call of the system.
  response.cork();
  for (const part of answer.parts) response.write(part);
  response.end();
}
