/** TARGET_PORT DELAY_MS: passes requests on that much later, counts them by what they cost, and the bytes that come back. Prints its port. */
import { Agent, createServer, request } from 'node:http';

const [targetPort, delayMs] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
let isAway = false;
const NOTHING = { requests: 0, bytesDown: 0, puts: 0, lists: 0, gets: 0 };
let counts = { ...NOTHING };

const server = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  if (url === '/-/counts') {
    outgoing.end(JSON.stringify(counts));
    counts = { ...NOTHING };
    return;
  }
  if (url === '/-/away' || url === '/-/back') {
    isAway = url === '/-/away';
    outgoing.end();
    return;
  }
  if (isAway) {
    incoming.socket.destroy();
    return;
  }
  counts.requests++;
  if (method === 'PUT' || method === 'POST') counts.puts++;
  else if (url.includes('list-type=2')) counts.lists++;
  else if (method !== 'DELETE') counts.gets++;
  setTimeout(() => {
    const onward = request(
      { host: '127.0.0.1', port: targetPort, method, path: url, headers, agent },
      (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.on('data', (chunk) => {
          counts.bytesDown += chunk.byteLength;
        });
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }, delayMs);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
