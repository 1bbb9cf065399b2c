/** By which way is the exchange asked, and whose certificates are trusted? A proxy that is left out looks like no network. */
import { readFile } from 'node:fs/promises';
import { refusalReason } from '../../base/disk-errors.ts';
import type { Config } from '../../config/config.ts';
import { proxyText } from '../../network/proxy-rules.ts';
import type { Check } from '../check.ts';

type NetworkConfig = Pick<Config, 'httpsProxy' | 'httpProxy' | 'noProxy' | 'extraCaCerts'>;

export function networkSettings({ httpsProxy, httpProxy, noProxy, extraCaCerts }: NetworkConfig): Check {
  return {
    name: 'proxy',
    async run() {
      const proxies = Object.entries({ HTTPS_PROXY: httpsProxy, HTTP_PROXY: httpProxy }).flatMap(
        ([name, address]) => (address === undefined ? [] : [`${name} is ${proxyText(new URL(address))}`]),
      );
      const ways = proxies.length === 0 ? ['none: every host is asked directly'] : proxies;
      if (proxies.length > 0 && noProxy.length > 0) ways.push(`not for ${noProxy.join(', ')}`);
      if (extraCaCerts === undefined) return { status: 'ok', text: ways.join('; ') };
      const trouble = await troubleOf(extraCaCerts);
      if (trouble === undefined)
        return { status: 'ok', text: [...ways, `${extraCaCerts} is trusted too`].join('; ') };
      return {
        status: 'fail',
        text: `NODE_EXTRA_CA_CERTS names ${extraCaCerts}: ${trouble}`,
        fix: 'name a file in PEM form that this user may read, or leave the setting out',
      };
    },
  };
}

/** Node passes over a file that it cannot use, with a warning that no log has. */
async function troubleOf(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text.includes('-----BEGIN CERTIFICATE-----') ? undefined : 'it has no certificate in it';
  } catch (error) {
    return refusalReason(error);
  }
}
