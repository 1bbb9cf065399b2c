/** The floor: every frame through `JSON.parse`, and nothing else: FRAMES. */
import { frameBatches } from '../frames.js';

const started = performance.now();
let rows = 0;
for (const payloads of frameBatches(process.argv[2], 5000))
  for (const payload of payloads) if (JSON.parse(payload.toString()).data.o.s.length > 0) rows++;
console.log(JSON.stringify({ rows, 'rows/s': (rows / (performance.now() - started)) * 1000 }));
