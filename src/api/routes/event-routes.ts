/** `GET /events` (and what `/ws` says to who comes without a WebSocket): the live channels as server-sent events, for those who have no WebSocket. Source: WHATWG HTML, 9.2. */
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { LakeError } from '../../base/errors.ts';
import { followChannel } from '../../live/follow-channel.ts';
import { CHANNELS, type Hub, parseSubscription } from '../../live/hub.ts';
import { LiveReader } from '../../live/live-reader.ts';
import { TIMEFRAMES } from '../../questions/timeframes.ts';
import type { ApiContext } from '../api-context.ts';
import { problemOf, sendProblem } from '../problem.ts';
import { answers, parameters, SYMBOL } from '../schemas.ts';

const QUERY = parameters({
  channel: Type.Enum([...CHANNELS], { description: 'what to follow' }),
  symbol: Type.Optional(SYMBOL),
  timeframe: Type.Optional(Type.Enum([...TIMEFRAMES])),
});
const EVENTS = Type.String({ description: 'the data of each event is a `LiveMessage` of the components' });
const CHECK_MS = 250;
/** Proxies close what is silent. */
const COMMENT_MS = 15_000;
const MAX_READERS = 1000;

export function eventRoutes(app: FastifyInstance, context: ApiContext, hub: Hub): void {
  let readers = 0;
  for (const path of ['/ws', '/ws/subscribe']) {
    const summary =
      'The live channels over a WebSocket: a `LiveRequest` each way in, a `LiveMessage` each way out';
    const schema = { summary, tags: ['live'], querystring: parameters({}), response: answers(Type.Null()) };
    app.get(path, { schema }, async (_request, reply) => {
      const error = new LakeError('USAGE', 'this is an address of WebSockets', {
        hint: 'open it as `ws://`, or follow `/events`',
      });
      return sendProblem(reply.header('upgrade', 'websocket'), problemOf(error, 426));
    });
  }
  app.get<{ Querystring: Static<typeof QUERY> }>(
    '/events',
    {
      schema: {
        summary: 'A live channel as server-sent events; `Last-Event-ID` goes on where it was cut',
        tags: ['live'],
        querystring: QUERY,
        response: {
          ...answers(EVENTS),
          200: { description: 'Events', content: { 'text/event-stream': { schema: EVENTS } } },
        },
      },
    },
    async (request, reply) => {
      if (readers >= MAX_READERS)
        throw new LakeError('SERVER_BUSY', 'too many readers', { hint: 'come back later' });
      const subscription = parseSubscription(request.query);
      const channel = hub.channel(subscription);
      const last = Number(request.headers['last-event-id']);
      const waiting: string[] = [];
      const { raw } = reply;
      let isBegun = false;
      // Until the snapshot is read an error is still an answer.
      const write = (text: string) => {
        const event = `id: ${/"seq":(\d+)/.exec(text.slice(0, 300))?.[1] ?? ''}\ndata: ${text.replaceAll('\n', '\ndata: ')}\n\n`;
        if (isBegun) raw.write(event);
        else waiting.push(event);
      };
      const reader = new LiveReader({
        bufferedBytes: () => raw.writableLength,
        send: write,
        close: () => raw.destroy(),
      });
      readers++;
      let stop: (() => void) | undefined;
      const timers: NodeJS.Timeout[] = [];
      // Also of an error, and of who has gone before there is an answer.
      raw.once('close', () => {
        readers--;
        stop?.();
        for (const timer of timers) clearInterval(timer);
      });
      stop = await followChannel({
        reader: context.reader,
        hub,
        channel,
        subscription,
        sinceSeq: Number.isSafeInteger(last) && last > 0 ? last : undefined,
        send: write,
        deliver: (message) => reader.deliver(channel.name, message),
      });
      reply.hijack();
      if (raw.closed) return void stop();
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      isBegun = true;
      for (const event of waiting) raw.write(event);
      timers.push(
        setInterval(() => reader.check(), CHECK_MS).unref(),
        setInterval(() => raw.write(': still here\n\n'), COMMENT_MS).unref(),
      );
      raw.on('error', () => raw.destroy());
    },
  );
}
