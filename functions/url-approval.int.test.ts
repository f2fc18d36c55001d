import { linksOf, signLink } from '@datasens/core/approval/link.ts';
import { type LinkSettings, parseLinkSettings } from '@datasens/core/approval/link-settings.ts';
import { requestApproval } from '@datasens/core/approval/request-approval.ts';
import type { Approval } from '@datasens/core/audit/approval-row.ts';
import { approvalEvents, approvalRequest } from '@datasens/testkit/approval-world.ts';
import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import { requestUrl, type UrlRequest } from '@datasens/testkit/url-request.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handler } from './url-approval.ts';

const links = {
  DATASENS_APPROVERS: 'claire,dora,paul',
  DATASENS_LINK_SECRET: 'a secret of the tests, 32 bytes.',
  DATASENS_APPROVAL_URL: 'https://dumps.example',
};
const settings = parseLinkSettings(links) as LinkSettings;
let audit: TestAudit;
const environment = new DisposableStack();

beforeAll(async () => {
  audit = await testAudit();
  const storage = { DATABASE_URL: audit.server.url, DATASENS_STORAGE: audit.store.uri };
  environment.use(setEnvironment({ ...storage, ...links }));
});
afterAll(async () => {
  environment.dispose();
  await audit[Symbol.asyncDispose]();
});

/** What paul asks for, and the link of an approver. */
async function asked(approver = 'claire', overrides: Parameters<typeof approvalRequest>[0] = {}) {
  const { approval } = await requestApproval(audit, approvalRequest(overrides));
  const { approvalId, expiresAt } = approval;
  const expires = Math.ceil(new Date(expiresAt).getTime() / 1_000);
  const pathOf = (method: 'GET' | 'POST') =>
    `/approval/${approvalId}?${signLink(settings, method, { approvalId, approver, expires })}`;
  return { approval, show: pathOf('GET'), decide: pathOf('POST') };
}

const get = (path: string, request: Partial<UrlRequest> = {}) => requestUrl(handler, { path, ...request });
const post = (path: string, body: object) =>
  requestUrl(handler, {
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const standing = async ({ approvalId }: Approval) => {
  const [row] = await audit.server.sql('select statut, decideur from t41_approbation where approbation_id = $1', [
    approvalId,
  ]);
  return row;
};

test('an approver follows the link that was sent, and approves', async () => {
  const { approval } = await asked();
  const sent = linksOf(settings, approval);
  expect(
    sent.map(({ approver }) => approver),
    'none for the one who asks',
  ).toEqual(['claire', 'dora']);
  const { pathname, search } = new URL(sent[0]?.url ?? '');
  const shown = await get(pathname + search);
  expect(shown).toMatchObject({ status: 200, json: { approval: { target: 'crm.gold.sales', requestedBy: 'paul' } } });
  const decided = await post(shown.json.decide, { decision: 'approved', comment: 'checked' });
  expect(decided).toMatchObject({ status: 200, json: { changed: true, approval: { decidedBy: 'claire' } } });
  expect(await standing(approval)).toEqual({ statut: 'APPROUVE', decideur: 'claire' });
  expect((await get(pathname + search)).json).toMatchObject({ decide: null, approval: { status: 'APPROUVE' } });
});

test('a browser shows a page whose form decides', async () => {
  const target = 'crm.gold."<script>alert(1)</script>"';
  const { approval, show } = await asked('claire', { target });
  const page = await get(show, { headers: { accept: 'text/html,*/*' } });
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.body).not.toContain('<script');
  expect(page.body).toContain('column &#34;price&#34; numeric is added');
  const [, action = ''] = /<form method="post" action="([^"]*)"/.exec(page.body) ?? [];
  const submitted = await requestUrl(handler, {
    path: `/approval/${approval.approvalId}${action.replaceAll('&#38;', '&')}`,
    method: 'POST',
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    body: 'comment=&decision=approved',
  });
  expect(submitted).toMatchObject({ status: 200, body: expect.stringContaining('It is decided') });
  expect(await standing(approval)).toEqual({ statut: 'APPROUVE', decideur: 'claire' });
});

test('whoever looks at a link decides nothing: not a preview, and not a link to look by', async () => {
  const { approval, show, decide } = await asked();
  expect(await get(show, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  expect((await get(show, { headers: { accept: 'text/html' } })).status).toBe(200);
  expect((await post(show, { decision: 'approved' })).status).toBe(403);
  expect((await get(decide)).status).toBe(403);
  expect((await get(`${show}&decision=approved`)).status).toBe(400);
  expect(await standing(approval)).toEqual({ statut: 'EN_ATTENTE', decideur: null });
});

test('a link that is forged or altered is refused, and nobody is told what there is', async () => {
  const { approval, decide } = await asked();
  const forged = [
    decide.replace(/signature=.{4}/, 'signature=AAAA'),
    decide.replace('approver=claire', 'approver=dora'),
    decide.replace(/expires=\d/, 'expires=9'),
    decide.replace(/^\/approval\/\d+/, '/approval/999999'),
    decide.replace(/^\/approval\/\d+/, '/approval/x'),
  ];
  for (const path of forged) {
    const refused = await post(path, { decision: 'approved' });
    expect(refused).toMatchObject({ status: 403, json: { error: { name: 'NotAllowed' } } });
    expect(refused.json.error.message).toBe('this link is not one of ours, or was altered');
  }
  const page = await get(decide, { headers: { accept: 'text/html' } });
  expect(page).toMatchObject({ status: 403, body: expect.stringContaining('not one of ours') });
  expect(await standing(approval)).toEqual({ statut: 'EN_ATTENTE', decideur: null });
});

test('a link is good for one decision', async () => {
  const { approval, decide } = await asked();
  expect((await post(decide, { decision: 'rejected' })).status, 'a rejection says why').toBe(400);
  expect((await post(decide, { decision: 'rejected', comment: 'too soon' })).status).toBe(200);
  const before = await approvalEvents(audit);
  for (const decision of ['approved', 'rejected']) {
    expect(await post(decide, { decision, comment: 'again' })).toMatchObject({
      status: 409,
      json: { error: { name: 'Conflict' } },
    });
  }
  const other = signLink(settings, 'POST', {
    approvalId: approval.approvalId,
    approver: 'dora',
    expires: 9_999_999_999,
  });
  expect((await post(`/approval/${approval.approvalId}?${other}`, { decision: 'approved' })).status).toBe(409);
  expect(await approvalEvents(audit)).toEqual(before);
  expect(await standing(approval)).toEqual({ statut: 'REFUSE', decideur: 'claire' });
});

test.for(['paul', 'arn:aws:iam::123456789012:user/paul'])(
  '%s, who asks, decides nothing, by whatever link',
  async (user) => {
    const { approval, decide } = await asked('paul', { user });
    expect(await post(decide, { decision: 'approved' })).toMatchObject({
      status: 403,
      json: { error: { name: 'NotAllowed', message: expect.stringContaining('another person') } },
    });
    expect(await standing(approval)).toEqual({ statut: 'EN_ATTENTE', decideur: null });
  },
);

test('after its term nobody decides on a request, and no link does anything', async () => {
  const { approval } = await asked('claire', { expiresInMs: 1 });
  const { approvalId } = approval;
  // A link may outlive the request by less than a second; one that is signed for longer does not help.
  const longer = signLink(settings, 'POST', { approvalId, approver: 'claire', expires: 9_999_999_999 });
  expect((await post(`/approval/${approvalId}?${longer}`, { decision: 'approved' })).json.error.message).toMatch(
    /expired/,
  );
  const over = signLink(settings, 'POST', { approvalId, approver: 'claire', expires: 1 });
  expect((await post(`/approval/${approvalId}?${over}`, { decision: 'approved' })).json.error.message).toMatch(
    /is over/,
  );
  expect(await standing(approval)).toEqual({ statut: 'EN_ATTENTE', decideur: null });
});

test('without a secret nobody has a link', async () => {
  const { show } = await asked();
  using _ = setEnvironment({ DATASENS_APPROVERS: '', DATASENS_LINK_SECRET: '' });
  expect((await get(show)).status).toBe(403);
});
