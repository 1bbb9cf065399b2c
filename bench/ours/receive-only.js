/** The floor of a flood: frames are received and parsed, and nothing else, until SIGTERM: URL. */
import WebSocket from 'ws';

const socket = new WebSocket(process.argv[2], { perMessageDeflate: false, skipUTF8Validation: true });

socket.on('message', (payload) => {
  JSON.parse(payload.toString());
});
process.on('SIGTERM', () => socket.terminate());
