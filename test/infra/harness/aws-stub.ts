import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ACCOUNT, REGION } from './mocks.ts';

export interface AwsStub extends AsyncDisposable {
  readonly origin: string;
}

/** What SST itself asks AWS before it runs a stack: its own bootstrap and passphrase, in SSM; nothing is in its bucket. */
export async function awsStub(): Promise<AwsStub> {
  const ecr = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/sst-asset`;
  const bootstrap = {
    // Newer than any, so that it asks for no update.
    version: 99,
    asset: 'sst-asset',
    state: 'sst-state',
    assetEcrRegistryId: ACCOUNT,
    assetEcrUrl: ecr,
  };
  const passphrase = randomBytes(32).toString('base64');
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.headers['x-amz-target'] !== 'AmazonSSM.GetParameter') {
      response.writeHead(404, { 'content-type': 'application/xml' });
      return void response.end('<Error><Code>NoSuchKey</Code></Error>');
    }
    const { Name } = JSON.parse(body) as { Name: string };
    const value = Name === '/sst/bootstrap' ? JSON.stringify(bootstrap) : passphrase;
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ Parameter: { Name, Value: value, Type: 'String' } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
