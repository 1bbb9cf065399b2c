/** Can the lake's object store be reached and listed, and does it keep two writers from overwriting each other? */
import { isObjectStore } from '../../base/location.ts';
import { probeConditionalPut } from '../../delta/store/s3/conditional-put-probe.ts';
import { listObjects } from '../../delta/store/s3/list-objects.ts';
import { parseS3Location } from '../../delta/store/s3/s3-location.ts';
import { openS3 } from '../../lake/open-s3-store.ts';
import type { Check } from '../check.ts';

export function objectStore(lake: string): Check {
  return {
    name: 'object store',
    async run() {
      if (!isObjectStore(lake)) return { status: 'skipped', text: 'the lake is on this machine' };
      const { client } = await openS3();
      const { bucket, prefix } = parseS3Location(lake);
      for await (const _ of listObjects(client, { bucket, prefix: prefix && `${prefix}/`, delimiter: '/' }))
        break;
      await probeConditionalPut(client, bucket, [prefix, '_leases'].filter(Boolean).join('/'));
      return { status: 'ok', text: `${lake} can be listed and written, and honours \`If-None-Match: *\`` };
    },
  };
}
