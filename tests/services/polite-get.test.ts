import { createHash } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { ArchiveFiles } from '../../src/services/backfill/archive-files.ts';
import { PoliteGet } from '../../src/services/backfill/polite-get.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import type { ArchiveSpec } from '../../src/sources/archive-spec.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import { httpServer } from '../support/http-server.ts';
import { temporaryFolder } from '../support/program.ts';

const ARCHIVE = { checksum: (text) => text.trim() } as ArchiveSpec<unknown>;

it('a file of the archive is waited for while the line is dead, and one that is not there is no trouble', async () => {
  const file = Buffer.from('the file');
  const sum = createHash('sha256').update(file).digest('hex');
  // Each file is asked for once more than the client itself tries.
  let refusals = 0;
  const server = await httpServer((request, response) => {
    if (request.url?.includes('absent')) response.writeHead(404).end();
    else if (refusals++ < 4) request.socket.destroy();
    else response.writeHead(200).end(request.url?.endsWith('.CHECKSUM') ? sum : file);
  });
  const clock = createSystemClock();
  const addresses = Object.fromEntries(BINANCE.settings.map(({ env }) => [env, server.url]));
  const spool = await temporaryFolder();
  const network = await openVenueNetwork(BINANCE, { addresses, spool, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  const files = new ArchiveFiles(new PoliteGet(network, clock, new AbortController().signal));
  expect(await files.load(ARCHIVE, `${server.url}/data/absent.zip`)).toBeUndefined();
  expect(await files.load(ARCHIVE, `${server.url}/data/there.zip`)).toMatchObject({
    name: 'there.zip',
    sha256: sum,
  });
  expect(refusals).toBeGreaterThan(4);
}, 120_000);
