import { MAX_BODY_BYTES } from '@datasens/core/http/function-url.ts';
import { inTime } from '@datasens/testkit/eventually.ts';
import { urlsWorld } from '@datasens/testkit/urls-world.ts';
import { expect, test } from 'vitest';

const post = (body: string, headers: Record<string, string> = {}) => ({ method: 'POST', body, headers });

test('a request becomes an event of payload format 2.0, with the name of the caller where AWS has the principal', async () => {
  await using world = await urlsWorld();
  const sent = { 'content-type': 'application/json', 'x-principal': 'admin' };
  const response = await world.ask('/control/executions?a=1&a=2&b=%2F', post('{"é": 1}', sent));
  expect({ status: response.status, text: await response.text() }).toEqual({ status: 200, text: 'done' });
  const [{ name, event } = { name: '', event: {} }] = world.calls;
  expect(name).toBe('url-control');
  expect(event).toMatchObject({
    version: '2.0',
    rawPath: '/control/executions',
    rawQueryString: 'a=1&a=2&b=%2F',
    queryStringParameters: { a: '1,2', b: '/' },
    headers: { 'content-type': 'application/json' },
    requestContext: { authorizer: { iam: { userArn: 'claire' } }, http: { method: 'POST', sourceIp: '127.0.0.1' } },
    isBase64Encoded: true,
    body: Buffer.from('{"é": 1}').toString('base64'),
  });
  expect(JSON.stringify(event), 'a function has no use for the token').not.toContain('right');
});

test('without a token, with a wrong one, or with one elsewhere than in its header, nobody is let in', async () => {
  await using world = await urlsWorld();
  const attempts = [
    await fetch(`${world.url}/audit/dumps`),
    await fetch(`${world.url}/audit/dumps?access_token=right`),
    await world.ask('/audit/dumps', { headers: { authorization: 'Bearer wrong' } }),
    await world.ask('/audit/dumps', { headers: { authorization: 'Basic right' } }),
    await world.ask('/events/bucket', { method: 'POST', headers: { authorization: 'Bearer wrong' } }),
    // Who is not let in is not told what there is.
    await world.ask('/nothing', { headers: { authorization: 'Bearer wrong' } }),
  ];
  for (const response of attempts) {
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="datasens"');
    expect(await response.json()).toMatchObject({ error: { name: 'Unauthorized' } });
  }
  expect(world).toMatchObject({ calls: [], looks: 0 });
});

test('whoever has a link needs no token', async () => {
  await using world = await urlsWorld();
  expect((await fetch(`${world.url}/approval/7`)).status).toBe(200);
  expect(world.calls[0]?.event.requestContext).not.toHaveProperty('authorizer');
});

test.for([
  '/audit/../control/executions',
  '/audit/%2e%2e/control',
  '/audit/%2E/dumps',
  '/audit/a%2fb',
  '/audit/a%5Cb',
  '/audit//dumps',
  '/audit/dumps/',
  '/audit/%00',
  '/audit/%0d%0aset-cookie:a',
  '/audit/%E2%80%AE',
  '/audit/%ff',
  '/audit/%zz',
  '/audit/dumps?a=<b>',
  'http://elsewhere.example/audit/dumps',
  '*',
])('a path that readers may disagree on is refused: %s', async (path) => {
  await using world = await urlsWorld();
  const answered = await world.raw(
    `GET ${path} HTTP/1.1`,
    'host: a',
    'authorization: Bearer right',
    'connection: close',
    '',
    '',
  );
  expect(answered).toMatch(/^HTTP\/1\.1 400 /);
  expect(world.calls).toEqual([]);
});

test('a body is taken up to 1 MiB, and not beyond, whatever its length is said to be', async () => {
  await using world = await urlsWorld();
  const largest = 'x'.repeat(MAX_BODY_BYTES);
  expect((await world.ask('/control/executions', post(largest))).status).toBe(200);
  const told = await world.ask('/control/executions', post(`${largest}x`));
  expect({ status: told.status, body: await told.json() }).toMatchObject({
    status: 413,
    body: { error: { name: 'ContentTooLarge' } },
  });
  const untold = await world.ask('/control/executions', {
    method: 'POST',
    body: new Blob([largest, 'x']).stream(),
    duplex: 'half',
  } as RequestInit);
  expect(untold.status).toBe(413);
  expect(world.calls).toHaveLength(1);
});

test('a client that does not say what it wants is not waited for', async () => {
  await using world = await urlsWorld({ requestMs: 100 });
  const slow = 'POST /control/executions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer right\r\ncontent-length: 5\r\n';
  expect(await inTime(world.raw(slow))).toMatch(/^HTTP\/1\.1 408 /);
  expect(await inTime(world.raw(`${slow}\r\n{`))).toMatch(/^HTTP\/1\.1 408 /);
  expect(world.calls).toEqual([]);
  expect((await world.ask('/audit/dumps')).status).toBe(200);
});

test.for([
  [{ statusCode: 200, headers: { location: 'a\r\nset-cookie: b=1' } }, 'a value that has a line break'],
  [{ statusCode: 200, headers: { 'a\r\nb': 'c' } }, 'a name that has one'],
  [{ statusCode: 200, headers: { a: '\u0000' } }, 'a value that cannot be seen'],
  [{ statusCode: 99 }, 'a status that is none'],
] as const)('what a function answers and cannot be sent is not sent: %j', async ([answer]) => {
  await using world = await urlsWorld();
  world.answer = () => answer;
  const response = await world.ask('/audit/dumps');
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 502,
    body: { error: { name: 'BadGateway' } },
  });
  expect(response.headers.has('set-cookie')).toBe(false);
});

test('what a function fails by is logged, and told to nobody', async () => {
  await using world = await urlsWorld();
  world.answer = () => {
    throw new Error('the password of the database is hunter2');
  };
  const response = await world.ask('/audit/dumps');
  expect(response.status).toBe(502);
  expect(await response.text()).not.toContain('hunter2');
  expect(world.said.join()).toContain('hunter2');
});

test('an answer that is no object with a status is JSON; one in base64 is its bytes', async () => {
  await using world = await urlsWorld();
  world.answer = () => ({ dumps: [] });
  const inferred = await world.ask('/audit/dumps');
  expect(inferred.headers.get('content-type')).toBe('application/json');
  expect(await inferred.json()).toEqual({ dumps: [] });
  world.answer = () => ({ statusCode: 201, body: 'AAEC', isBase64Encoded: true });
  const bytes = await world.ask('/audit/dumps');
  expect([bytes.status, ...Buffer.from(await bytes.arrayBuffer())]).toEqual([201, 0, 1, 2]);
});

test('who asks too often is told when to ask again, and takes nothing from others', async () => {
  let now = 0;
  await using world = await urlsWorld({ rate: { burst: 2, perSecond: 0.5 }, nowMs: () => now });
  const statuses = async (times: number, ask: () => Promise<Response>) => {
    const all = [];
    for (let n = 0; n < times; n += 1) all.push((await ask()).status);
    return all;
  };
  const wrong = () => world.ask('/audit/dumps', { headers: { authorization: 'Bearer wrong' } });
  expect(await statuses(3, wrong)).toEqual([401, 401, 429]);
  expect(await statuses(2, () => world.ask('/audit/dumps'))).toEqual([200, 200]);
  const refused = await world.ask('/audit/dumps');
  expect({ status: refused.status, after: refused.headers.get('retry-after') }).toEqual({ status: 429, after: '2' });
  now += 2_000;
  expect(await statuses(2, () => world.ask('/audit/dumps'))).toEqual([200, 429]);
});

test('so many requests are answered at once, and no more', async () => {
  await using world = await urlsWorld({ atOnce: 1 });
  const called = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<unknown>();
  world.answer = () => {
    called.resolve();
    return gate.promise;
  };
  const first = world.ask('/audit/dumps');
  await called.promise;
  const second = await inTime(world.ask('/audit/dumps'));
  expect({ status: second.status, after: second.headers.get('retry-after') }).toEqual({ status: 503, after: '1' });
  gate.resolve({ statusCode: 200 });
  expect((await first).status).toBe(200);
});

test('a webhook of the bucket wakes the inbox, whatever it says', async () => {
  await using world = await urlsWorld();
  for (const body of ['{"Records": []}', 'no JSON', '']) {
    expect((await world.ask('/events/bucket', post(body))).status).toBe(204);
  }
  expect(world).toMatchObject({ looks: 3, calls: [] });
  expect((await world.ask('/events/bucket')).status).toBe(405);
  expect((await world.ask('/events/other', post(''))).status).toBe(404);
  expect((await world.ask('/constructor')).status).toBe(404);
  expect(world.looks).toBe(3);
});

test('of an answer to HEAD there is no body', async () => {
  await using world = await urlsWorld();
  const response = await world.ask('/audit/dumps', { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
  expect(world.calls[0]?.event).toMatchObject({ requestContext: { http: { method: 'HEAD' } } });
});
