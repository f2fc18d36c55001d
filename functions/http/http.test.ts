import { createHash } from 'node:crypto';
import { AppError } from '@datasens/core/errors.ts';
import { jsonAnswer } from '@datasens/core/http/answer.ts';
import { MAX_BODY_BYTES } from '@datasens/core/http/function-url.ts';
import { requestUrl } from '@datasens/testkit/url-request.ts';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { http } from './http.ts';
import { route } from './route.ts';

let failure: unknown;

const echo = route({
  method: 'POST',
  path: '/things/{id}',
  caller: 'known',
  query: z.strictObject({ a: z.string().optional() }),
  body: z.strictObject({ text: z.string() }),
  answer: async (_call, { path, query, body, caller }) => jsonAnswer(200, { path, query, body, caller }),
});
const open = route({
  method: 'GET',
  path: '/open',
  caller: 'anybody',
  query: z.strictObject({}),
  async answer() {
    if (failure) throw failure;
    return jsonAnswer(200, {});
  },
});
const form = route({
  method: 'POST',
  path: '/form',
  caller: 'anybody',
  forms: true,
  query: z.strictObject({}),
  body: z.strictObject({ text: z.string() }),
  answer: async (_call, { body }) => jsonAnswer(200, body),
});
const handler = http([echo, open, form]);
const json = { 'content-type': 'application/json; charset=utf-8' };
const post = { method: 'POST', path: '/things/7?a=%C3%A9', headers: json, body: '{"text": "é"}', caller: 'claire' };

test('a request finds its route, and what it says is checked', async () => {
  const answered = await requestUrl(handler, post);
  expect(answered).toMatchObject({
    status: 200,
    json: { path: { id: '7' }, query: { a: 'é' }, body: { text: 'é' }, caller: 'claire' },
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    },
  });
  const encoded = { ...post, body: Buffer.from(post.body).toString('base64'), isBase64Encoded: true };
  expect((await requestUrl(handler, encoded)).json).toEqual(answered.json);
});

test.for([
  ['another path', { path: '/things' }, 404, 'NotFound'],
  ['a path that goes on', { path: '/things/7/8' }, 404, 'NotFound'],
  ['a segment that is empty', { path: '/things/' }, 404, 'NotFound'],
  ['an escape that is none', { path: '/things/%zz' }, 400, 'BadRequest'],
  ['another method', { method: 'DELETE' }, 405, 'MethodNotAllowed'],
  ['HEAD, where there is no GET', { method: 'HEAD' }, 405, undefined],
  ['a parameter that nobody knows', { path: '/things/7?b=1' }, 400, 'InvalidInput'],
  ['a parameter that comes twice', { path: '/things/7?a=1&a=2' }, 400, 'BadRequest'],
  ['a body that is not JSON', { body: '{' }, 400, 'BadRequest'],
  ['a body that is not UTF-8', { body: '/w==', isBase64Encoded: true }, 400, 'BadRequest'],
  ['a body that says something else', { body: '{"text": 1}' }, 400, 'InvalidInput'],
  ['a body of another type', { headers: {} }, 415, 'UnsupportedMediaType'],
  [
    'a form, where none is read',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'UnsupportedMediaType',
  ],
  ['a body that is too large', { body: `"${'x'.repeat(MAX_BODY_BYTES)}"` }, 413, 'ContentTooLarge'],
] as const)('what does not do is refused by name: %s', async ([_, changed, status, name]) => {
  const answered = await requestUrl(handler, { ...post, ...changed });
  expect({ status: answered.status, name: answered.json?.error?.name }).toEqual({ status, name });
  if (status === 405) expect(answered.headers.allow).toBe('POST');
});

test('nobody calls who is not known, whatever the request says', async () => {
  const { caller: _, ...unsigned } = post;
  const headers = {
    ...json,
    authorization: 'AWS4-HMAC-SHA256 Credential=x',
    'x-amz-user-arn': 'arn:aws:iam::1:user/a',
  };
  expect((await requestUrl(handler, { ...unsigned, headers })).status).toBe(401);
});

test('a principal whose name is too long for the audit is told apart from others', async () => {
  const names = [];
  for (const account of ['123456789012', '210987654321']) {
    const caller = `arn:aws:sts::${account}:assumed-role/${'r'.repeat(64)}/claire`;
    names.push((await requestUrl(handler, { ...post, caller })).json.caller);
  }
  expect(names[0]).toMatch(/^arn:~[0-9a-f]{16}~r+\/claire$/);
  expect(names[0]?.length).toBeLessThanOrEqual(100);
  expect(names[1]).not.toBe(names[0]);
});

test.for([
  [new AppError('InvalidInput', 'why'), 400],
  [new AppError('NotAllowed', 'why'), 403],
  [new AppError('NotFound', 'why', { id: 7 }), 404],
  [new AppError('Conflict', 'why'), 409],
  [new AppError('Transient', 'why'), 503],
] as const)('what the caller can do something about is told: %s', async ([error, status]) => {
  failure = error;
  const { name, message, details } = error;
  expect(await requestUrl(handler, { path: '/open' })).toMatchObject({
    status,
    json: { error: { name, message, details } },
  });
  failure = undefined;
});

test.for([new Error('password hunter2'), new AppError('ConfigError', 'password hunter2'), 'hunter2'])(
  'of what is none of the caller’s they are told nothing: %s',
  async (error) => {
    failure = error;
    const answered = await requestUrl(handler, { path: '/open' });
    expect(answered).toMatchObject({ status: 500, json: { error: { name: 'InternalError' } } });
    expect(answered.body).not.toContain('hunter2');
    failure = undefined;
  },
);

test('a form is read by its fields', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await requestUrl(handler, { method: 'POST', path: '/form', headers, body: 'text=a+b%26' })).json).toEqual({
    text: 'a b&',
  });
  expect((await requestUrl(handler, { method: 'POST', path: '/form', headers, body: 'text=a&text=b' })).status).toBe(
    400,
  );
});

test('a browser is answered by a page, in which nothing is HTML that was not', async () => {
  failure = new AppError('NotFound', '<script>alert("1")</script>\u202e');
  const page = await requestUrl(handler, { path: '/open', headers: { accept: 'text/html' } });
  failure = undefined;
  expect(page).toMatchObject({ status: 404, headers: { 'content-type': 'text/html; charset=utf-8' } });
  expect(page.body).not.toContain('<script');
  expect(page.body).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;\\u{202e}');
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(page.body) ?? [];
  const digest = createHash('sha256').update(style).digest('base64');
  expect(page.headers['content-security-policy']).toBe(
    `default-src 'none'; frame-ancestors 'none'; base-uri 'none'; style-src 'sha256-${digest}'; form-action 'self'`,
  );
});
