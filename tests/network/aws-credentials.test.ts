import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { addressOf } from '../../src/delta/store/s3/s3-location.ts';
import { S3Store } from '../../src/delta/store/s3-store.ts';
import { AwsCredentialChain } from '../../src/network/aws/aws-credentials.ts';
import type { Environment } from '../../src/network/aws/aws-keys.ts';
import { fakeS3 } from '../support/fake-s3.ts';
import { temporaryFolder } from '../support/program.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A service on loopback that answers by path; others are 404. */
async function service(answers: Readonly<Record<string, string | (() => string)>>) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, headers, body });
    const answer = answers[`${method} ${path}`];
    response.writeHead(answer === undefined ? 404 : 200);
    response.end(typeof answer === 'function' ? answer() : answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** A home with these files of the AWS tools; no instance to ask. */
async function home(files: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, '.aws'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, '.aws', name), text);
  return { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
}

const keysOf = (env: Environment) => new AwsCredentialChain(env).get();
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const answer = (id: string, expiration = inAnHour()) =>
  JSON.stringify({ AccessKeyId: id, SecretAccessKey: 'secret', Token: 'token', Expiration: expiration });

const KEYS = '[default]\naws_access_key_id = FILE\naws_secret_access_key=file secret # mine\n';

describe('keys for an object store', () => {
  it('come from the environment before all else', async () => {
    const env = {
      ...(await home({ credentials: KEYS })),
      AWS_ACCESS_KEY_ID: 'ENV',
      AWS_SECRET_ACCESS_KEY: 's',
    };
    expect(await keysOf({ ...env, AWS_SESSION_TOKEN: 't' })).toEqual({
      accessKeyId: 'ENV',
      secretAccessKey: 's',
      sessionToken: 't',
    });
    expect(await keysOf({ ...env, AWS_SESSION_TOKEN: '' })).toMatchObject({ sessionToken: undefined });
  });

  it('come from the profile that is named, in either file, wherever the files are', async () => {
    const config =
      '[default]\nregion = eu-west-1\n\n[profile work]\naws_access_key_id=CONFIG\naws_secret_access_key=c\n';
    const credentials = `; a comment\r\n${KEYS.replaceAll('\n', '\r\n')}[other]\naws_access_key_id=OTHER\naws_secret_access_key=o\naws_session_token=ot\n`;
    const env = await home({ config, credentials });
    expect(await keysOf(env)).toMatchObject({ accessKeyId: 'FILE', secretAccessKey: 'file secret' });
    expect(await keysOf({ ...env, AWS_PROFILE: 'work' })).toMatchObject({ accessKeyId: 'CONFIG' });
    expect(await keysOf({ ...env, AWS_PROFILE: 'other' })).toMatchObject({
      accessKeyId: 'OTHER',
      sessionToken: 'ot',
    });
    await expect(keysOf({ ...env, AWS_PROFILE: 'none' })).rejects.toThrow('the profile `none`');
    const elsewhere = { HOME: '/none', AWS_EC2_METADATA_DISABLED: 'true' };
    const file = join(env.HOME ?? '', '.aws', 'credentials');
    expect(await keysOf({ ...elsewhere, AWS_SHARED_CREDENTIALS_FILE: file })).toMatchObject({
      accessKeyId: 'FILE',
    });
  });

  it('come from a process that the profile names; a login or a role gets a hint at how to be had', async () => {
    const script = `echo '${answer('PROCESS')}'`;
    const config = `[default]\ncredential_process = sh -c "${script.replaceAll('"', '\\"')}"\n[profile sso]\nsso_session = x\n`;
    const env = await home({ config });
    expect(await keysOf(env)).toMatchObject({ accessKeyId: 'PROCESS', sessionToken: 'token' });
    await expect(keysOf({ ...env, AWS_PROFILE: 'sso' })).rejects.toThrow(
      'aws configure export-credentials --profile sso',
    );
  });

  it('come from STS for a web identity, by the environment or the profile', async () => {
    const xml = `<R><Credentials><AccessKeyId>WEB</AccessKeyId><SecretAccessKey>w/+=</SecretAccessKey><SessionToken>wt</SessionToken><Expiration>${inAnHour()}</Expiration></Credentials></R>`;
    const sts = await service({ 'POST /': xml });
    const env: Record<string, string> = { ...(await home()), AWS_ENDPOINT_URL_STS: sts.url };
    const token = join(env.HOME ?? '', 'token');
    await writeFile(token, 'web identity token\n');
    const byEnvironment = {
      ...env,
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/lake',
    };
    expect(await keysOf(byEnvironment)).toMatchObject({
      accessKeyId: 'WEB',
      secretAccessKey: 'w/+=',
      sessionToken: 'wt',
    });
    const form = new URLSearchParams(sts.asked[0]?.body);
    expect(Object.fromEntries(form)).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: 'arn:aws:iam::1:role/lake',
      WebIdentityToken: 'web identity token',
    });
    const config = `[default]\nweb_identity_token_file = ${token}\nrole_arn = arn:aws:iam::2:role/x\n`;
    const byProfile = { ...(await home({ config })), AWS_ENDPOINT_URL_STS: sts.url };
    expect(await keysOf(byProfile)).toMatchObject({ accessKeyId: 'WEB' });
    expect(new URLSearchParams(sts.asked[1]?.body).get('RoleArn')).toBe('arn:aws:iam::2:role/x');
    const gone = { ...byEnvironment, AWS_WEB_IDENTITY_TOKEN_FILE: '/none' };
    await expect(keysOf(gone)).rejects.toThrow('its token file cannot be read');
  });

  it('come from the service of a container, with its token, and from no other host over plain HTTP', async () => {
    const container = await service({ 'GET /keys': answer('CONTAINER') });
    const env = { ...(await home()), AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.url}/keys` };
    expect(await keysOf({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Bearer x' })).toMatchObject({
      accessKeyId: 'CONTAINER',
    });
    expect(container.asked[0]?.headers.authorization).toBe('Bearer x');
    const strange = { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.com/keys' };
    await expect(keysOf(strange)).rejects.toThrow('not one that may be asked');
  });

  it('come from the metadata of an instance, by a token', async () => {
    const roles = '/latest/meta-data/iam/security-credentials/';
    const instance = await service({
      'PUT /latest/api/token': 'TOKEN',
      [`GET ${roles}`]: 'lake role\n',
      [`GET ${roles}lake%20role`]: answer('INSTANCE'),
    });
    const env = { ...(await home()), AWS_EC2_METADATA_SERVICE_ENDPOINT: instance.url };
    await expect(keysOf(env)).rejects.toThrow('there are no keys for the object store');
    expect(await keysOf({ ...env, AWS_EC2_METADATA_DISABLED: '' })).toMatchObject({
      accessKeyId: 'INSTANCE',
    });
    expect(instance.asked.map(({ method }) => method)).toEqual(['PUT', 'GET', 'GET']);
    expect(
      instance.asked.slice(1).every(({ headers }) => headers['x-aws-ec2-metadata-token'] === 'TOKEN'),
    ).toBe(true);
  });

  it('are kept until 5 minutes before they end, asked for once by many, and anew when the store calls them expired', async () => {
    let number = 0;
    let lastsMs = 3_600_000;
    const next = () => answer(`FAKEKEYID${number++ || ''}`, new Date(Date.now() + lastsMs).toISOString());
    const { url, asked } = await service({ 'GET /keys': next });
    const chain = new AwsCredentialChain({
      ...(await home()),
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/keys`,
    });
    await Promise.all(Array.from({ length: 5 }, () => chain.get()));
    const kept = await chain.get();
    expect([asked.length, await chain.get()]).toEqual([1, kept]);
    chain.forget();
    lastsMs = 4 * 60_000;
    expect((await chain.get()).accessKeyId).toBe('FAKEKEYID1');
    expect((await chain.get()).accessKeyId).toBe('FAKEKEYID2');
    const server = await fakeS3();
    server.faults.push({ mode: 'expired', method: 'GET' });
    const credentials = {
      get: async () => ({ ...(await chain.get()), accessKeyId: 'FAKEKEYID', secretAccessKey: 'x' }),
      forget: vi.fn(),
    };
    const store = new S3Store('s3://lake/t', { client: server.client({ credentials }) });
    expect(await store.read('none')).toBeUndefined();
    expect(credentials.forget).toHaveBeenCalledOnce();
  });

  it('are in no error', async () => {
    const { url } = await service({ 'GET /keys': '{"AccessKeyId": "HALF", "hint": "very-secret"}' });
    const env = { ...(await home()), AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/keys` };
    const error = await keysOf(env).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STORE_REFUSED' });
    expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/HALF|very-secret/);
  });
});

describe('the address of an object store', () => {
  const endpointOf = async (env: Environment) => {
    vi.resetModules();
    const { openS3 } = await import('../../src/lake/open-s3-store.ts');
    return (await openS3(env)).client.endpoint;
  };

  it('is that of `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, the profile, or AWS', async () => {
    const config = '[default]\nregion = eu-west-1\nendpoint_url = http://profile:9000\n';
    const env = await home({ config });
    expect(await endpointOf(env)).toEqual({ url: 'http://profile:9000', region: 'eu-west-1' });
    const general = { ...env, AWS_ENDPOINT_URL: 'http://general:9000', AWS_DEFAULT_REGION: 'eu-north-1' };
    expect(await endpointOf(general)).toEqual({ url: 'http://general:9000', region: 'eu-north-1' });
    const special = { ...general, AWS_ENDPOINT_URL_S3: 'https://special', AWS_REGION: 'eu-south-1' };
    expect(await endpointOf(special)).toEqual({ url: 'https://special', region: 'eu-south-1' });
    expect(await endpointOf(await home())).toEqual({ url: undefined, region: 'us-east-1' });
    await expect(endpointOf({ ...env, AWS_REGION: 'not a region' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('has the bucket in the path where a server is named, else in the host, and every key byte for byte', () => {
    const aws = { url: undefined, region: 'eu-west-1' };
    const own = { url: 'http://127.0.0.1:9000/', region: 'us-east-1' };
    const key = "a=1/b c/50%/ü/币安/+&#?;,()'!*.parquet";
    const path = 'a%3D1/b%20c/50%25/%C3%BC/%E5%B8%81%E5%AE%89/%2B%26%23%3F%3B%2C%28%29%27%21%2A.parquet';
    expect(addressOf(own, 'lake', key).href).toBe(`http://127.0.0.1:9000/lake/${path}`);
    expect(addressOf(aws, 'lake', key).href).toBe(`https://lake.s3.eu-west-1.amazonaws.com/${path}`);
    expect(addressOf(aws, 'my.lake', 'x').href).toBe('https://s3.eu-west-1.amazonaws.com/my.lake/x');
    expect(addressOf({ ...aws, region: 'cn-north-1' }, 'lake', 'x').host).toBe(
      'lake.s3.cn-north-1.amazonaws.com.cn',
    );
  });
});
