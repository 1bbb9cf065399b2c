/** The floor of a flood: frames are received and parsed, and nothing else, until SIGTERM: URL. */
import WebSocket from 'ws';

const socket = new WebSocket(process.argv[2], { perMessageDeflate: false, skipUTF8Validation: true });
let frames = 0;
socket.on('message', (payload) => {
  if (JSON.parse(payload.toString()).data.e === 'forceOrder') frames++;
});
process.on('SIGTERM', () => socket.terminate());
