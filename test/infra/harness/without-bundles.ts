import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Stands between a program and SST, which it asks to bundle functions: here each is an empty file. All else goes on to SST. */
export async function withoutBundles(): Promise<void> {
  const sst = `${process.env.SST_SERVER}/rpc`;
  const out = mkdtempSync(join(process.cwd(), 'no-bundle-'));
  writeFileSync(join(out, 'bundle.mjs'), '');
  const built = { handler: 'bundle.handler', out, errors: [], sourcemaps: [] };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    // One that is kept alive would hold the program up at its end.
    response.setHeader('connection', 'close');
    if (JSON.parse(body).method === 'Runtime.Build') return void response.end(JSON.stringify({ result: built }));
    const answer = await fetch(sst, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    response.writeHead(answer.status).end(await answer.text());
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  process.env.SST_SERVER = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
