/** Sends an answer in pieces without a copy of them, and gives their memory back when it is sent. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { giveBack } from '../questions/recent/text-slabs.ts';
import type { Answer } from './answer-cache.ts';

export function sendParts(reply: FastifyReply, answer: Answer): FastifyReply {
  const { parts } = answer;
  if (parts.length === 1) return reply.send(parts[0]);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  reply.header('content-length', length);
  reply.hijack();
  const { raw } = reply;
  // A reader that goes away meanwhile leaves the pieces to the garbage collector: the system may still hold them.
  raw.once('finish', () => {
    answer.users--;
    if (answer.users === 0) giveBack(parts);
  });
  raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
  // Into one call of the system.
  raw.cork();
  for (const part of parts) raw.write(part);
  raw.end();
  return reply;
}
