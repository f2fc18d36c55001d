import { userInfo } from 'node:os';
import { findApproval } from '@datasens/core/approval/find-approval.ts';
import { requestApproval } from '@datasens/core/approval/request-approval.ts';
import { approvalMachine } from '@datasens/testkit/approval-machine.ts';
import { approvalRequest, approved } from '@datasens/testkit/approval-world.ts';
import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { datasens } from '@datasens/testkit/cli.ts';
import { expect, test } from 'vitest';

const me = userInfo().username;

const run = (audit: TestAudit, args: readonly string[], more: Record<string, string> = {}) =>
  datasens(args, { DATABASE_URL: audit.server.url, ...audit.storage.env, ...more });

test('what waits is listed with what one needs to decide on it', async () => {
  await using audit = await testAudit();
  expect(await run(audit, ['approvals'])).toMatchObject({ code: 0, stdout: 'nothing waits for approval\n' });
  const { approval } = await requestApproval(audit, approvalRequest({ execution: 'import-1', token: 's3cret' }));
  await requestApproval(
    audit,
    approvalRequest({ kind: 'restore', target: 'db:5432/crm', fingerprint: '', changes: {}, rows: null }),
  );
  await approved(audit, approvalRequest({ target: 'crm.gold.decided' }));

  const { stdout } = await run(audit, ['approvals']);
  expect(stdout).toBe(`approval 1: import into crm.gold.sales
  asked    by paul (execution import-1) at ${approval.requestedAt}
  until    ${approval.expiresAt}
  content  120 rows of 3 columns, SHA-256 ${approval.sha256}
  changes  append, rows 100 -> 220
           column "price" numeric is added

approval 2: restore into db:5432/crm
${stdout.split('\n').slice(8, 10).join('\n')}
  content  uncounted rows of 3 columns, SHA-256 ${approval.sha256}
  target   has none of the tables yet
  changes  nobody said, no change of the schema
`);
  const all = await run(audit, ['approvals', '--all']);
  expect(all.stdout).toMatch(/^approval 3: import into crm.gold.decided\n.*\n {2}approved by claire at /);
  const { json } = await run(audit, ['approvals', '--json']);
  expect(json).toMatchObject({ approvals: [approval, { approvalId: 2, kind: 'restore', rows: null }], more: false });
  expect(JSON.stringify([json, all])).not.toContain('s3cret');
});

test('approve lets the execution go on, and says so; once more it is done already', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const { arn, approvalId } = await ask('import-1');
  const sfn = { AWS_ENDPOINT_URL_SFN: world.api.url };
  const approve = () => run(audit, ['approve', String(approvalId), '--comment', 'checked'], sfn);
  expect(await approve()).toMatchObject({
    code: 0,
    stdout: 'approval 1 is approved: import into crm.gold.sales. The execution import-1 was told\n',
  });
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { by: me } });
  const again = await approve();
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/approved already: .*does not wait for it any more/),
  });
  const { json } = await run(audit, ['approve', String(approvalId), '--json'], sfn);
  expect(json).toMatchObject({
    approval: { approvalId, status: 'APPROUVE', decidedBy: me, comment: 'checked' },
    changed: false,
    waiting: 'nobody',
    warnings: [],
  });
  const reject = await run(audit, ['reject', String(approvalId), '--comment', 'no', '--json'], sfn);
  expect(reject).toMatchObject({ code: 1, json: { error: { name: 'Conflict' } } });
});

test('reject says why, and the execution fails by it', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const { arn, approvalId } = await ask('import-1');
  const sfn = { AWS_ENDPOINT_URL_SFN: world.api.url };
  expect(await run(audit, ['reject', String(approvalId)], sfn)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--comment/),
  });
  expect(await run(audit, ['reject', String(approvalId), '--comment', 'March is missing'], sfn)).toMatchObject({
    code: 0,
    stdout: 'approval 1 is rejected: import into crm.gold.sales. The execution import-1 was told\n',
  });
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: `approval 1 was rejected by ${me}: March is missing`,
  });
});

test('nobody approves their own request, nor what is not there', async () => {
  await using audit = await testAudit();
  await requestApproval(audit, approvalRequest({ user: me }));
  const own = await run(audit, ['approve', '1']);
  expect(own).toMatchObject({ code: 1, stderr: expect.stringMatching(/another person decides/) });
  expect(await findApproval(audit.db, 1)).toMatchObject({ status: 'EN_ATTENTE' });
  expect(await run(audit, ['approve', '9', '--json'])).toMatchObject({
    code: 1,
    json: { error: { name: 'NotFound' } },
  });
  for (const id of ['0', '-1', 'x', '1e3']) {
    expect(await run(audit, ['approve', '--', id]), id).toMatchObject({ code: 2 });
  }
});
