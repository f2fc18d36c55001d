import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { answerWaiting } from '@datasens/core/approval/answer-waiting.ts';
import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import { findApproval } from '@datasens/core/approval/find-approval.ts';
import { recordDecision } from '@datasens/core/approval/record-decision.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import type { Database } from '@datasens/core/postgres/database.ts';
import { approvalMachine } from '@datasens/testkit/approval-machine.ts';
import { approvalEvents, daysLater, journalText, tokenOf } from '@datasens/testkit/approval-world.ts';
import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { inTime } from '@datasens/testkit/eventually.ts';
import { crashAt, faultyDatabase, faultyStore } from '@datasens/testkit/fault.ts';
import { reconcileDeps, runReconcile } from '@datasens/testkit/reconcile-world.ts';
import { expect, test } from 'vitest';
import type { handler } from '../../functions/approval.ts';

const yes = { decision: 'approved', user: 'claire' } as const;
const no = { decision: 'rejected', user: 'claire', comment: 'the figures of March are missing' } as const;

/** A reconcile of now. */
const sweep = (audit: TestAudit, days = 0) => runReconcile({ ...reconcileDeps(audit, days), sources: new Map() });

test('what is approved goes on, with who has approved it', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const { arn, approvalId } = await ask('approved');
  expect(await findApproval(audit.db, approvalId)).toMatchObject({
    requestedBy: 'paul',
    execution: 'approved',
    rows: 120,
  });
  const token = (await tokenOf(audit, approvalId)) ?? 'none';
  expect(await decideApproval(audit, { approvalId, ...yes })).toMatchObject({ changed: true, waiting: 'told' });
  expect(await world.ended(arn)).toMatchObject({
    status: 'SUCCEEDED',
    output: { approvalId, decision: 'approved', by: 'claire' },
  });
  // Nobody is told twice, and the secret goes with its use.
  expect(await decideApproval(audit, { approvalId, ...yes })).toMatchObject({ changed: false, waiting: 'nobody' });
  expect(await tokenOf(audit, approvalId)).toBeNull();
  expect(await journalText(audit)).not.toContain(token);
});

test('what is rejected fails by NotAllowed, and says by whom and why', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const { arn, approvalId } = await ask('rejected');
  expect(await decideApproval(audit, { approvalId, ...no })).toMatchObject({ waiting: 'told' });
  expect(await world.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/rejected by claire: the figures of March are missing/),
  });
});

test('a state that is asked for again waits by its new token, and is told at once where it was decided meanwhile', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  world.faults.push({ functionName: 'approval', error: 'Transient', when: 'after' });
  const retried = await ask('retried');
  expect(await tokenOf(audit, retried.approvalId)).toBe(tokenOfCall(world.api.world.calls[1]));
  expect(await decideApproval(audit, { approvalId: retried.approvalId, ...yes })).toMatchObject({ waiting: 'told' });
  expect(await world.ended(retried.arn)).toMatchObject({ status: 'SUCCEEDED' });

  world.faults.push({ functionName: 'approval', error: 'ToolFailed', when: 'after' });
  const redriven = await ask('redriven');
  expect(await world.ended(redriven.arn)).toMatchObject({ status: 'FAILED', error: 'ToolFailed' });
  expect(await decideApproval(audit, { approvalId: redriven.approvalId, ...yes })).toMatchObject({ waiting: 'over' });
  world.api.world.engine.redrive(redriven.arn);
  expect(await inTime(world.ended(redriven.arn))).toMatchObject({
    status: 'SUCCEEDED',
    output: { approvalId: redriven.approvalId, by: 'claire' },
  });
  expect(await approvalEvents(audit)).toEqual(['DEMANDE', 'APPROUVE', 'DEMANDE', 'APPROUVE']);
});

test('an execution that was ended waits no longer: that is told, and no error', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const { arn, approvalId } = await ask('stopped');
  world.api.world.engine.stop(arn, {});
  expect(await decideApproval(audit, { approvalId, ...yes })).toMatchObject({ changed: true, waiting: 'over' });
  expect(await findApproval(audit.db, approvalId)).toMatchObject({ status: 'APPROUVE' });
  expect(await tokenOf(audit, approvalId)).toBeNull();
});

test('crashed after any step of a decision, the same decision again brings it to its end', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  for (const when of ['before', 'after'] as const) {
    for (let n = 1; ; n += 1) {
      const { arn, approvalId } = await ask(`crashed-${when}-${n}`);
      const steps = crashAt(n, when);
      const deps = { ...audit, db: faultyDatabase(audit.db, steps), store: faultyStore(audit.store, steps) };
      const crashed = await decideApproval(deps, { approvalId, ...yes }).then(
        () => false,
        () => true,
      );
      const known = await findApproval(audit.db, approvalId);
      // Recorded first: nobody is told of a decision that the journal does not know.
      if (world.statusOf(arn) !== 'RUNNING') expect(known.status).toBe('APPROUVE');
      await decideApproval(audit, { approvalId, ...yes });
      expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: { approvalId } });
      expect(await tokenOf(audit, approvalId)).toBeNull();
      if (!crashed && steps.taken.length < n) break;
    }
  }
  const events = await approvalEvents(audit);
  expect(events.filter((event) => event === 'APPROUVE')).toHaveLength(events.length / 2);
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
});

test('reconcile tells the states of decisions that nobody told, and of terms that are over', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const approved = await ask('approved');
  const rejected = await ask('rejected');
  const undecided = await ask('undecided');
  await recordDecision(audit, { approvalId: approved.approvalId, ...yes });
  await recordDecision(audit, { approvalId: rejected.approvalId, ...no });
  const { findings } = await sweep(audit);
  expect(findings).toMatchObject([{ kind: 'answer', name: 'approvals 1, 2', outcome: 'mended' }]);
  expect(await world.ended(approved.arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.ended(rejected.arn)).toMatchObject({ status: 'FAILED', error: 'NotAllowed' });
  expect((await sweep(audit)).findings).toEqual([]);
  expect(world.statusOf(undecided.arn)).toBe('RUNNING');

  expect((await sweep(daysLater(audit, 4), 4)).findings).toMatchObject([{ name: 'approvals 3', outcome: 'mended' }]);
  expect(await world.ended(undecided.arn)).toMatchObject({
    status: 'FAILED',
    error: 'NotAllowed',
    cause: expect.stringMatching(/approval 3 expired at .*nobody has decided/),
  });
});

test('a row that somebody has edited into an approval lets nothing go on', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const edited = await ask('edited');
  const approved = await ask('approved');
  await audit.server.sql(
    `update t41_approbation set statut = 'APPROUVE', decideur = 'claire' where approbation_id = 1`,
  );
  await recordDecision(audit, { approvalId: approved.approvalId, ...yes });
  expect((await sweep(audit)).findings).toMatchObject([
    { kind: 'answer', outcome: 'failed', because: expect.stringMatching(/approval 1 .*recorded was.*journal verify/) },
  ]);
  expect(world.statusOf(edited.arn)).toBe('RUNNING');
  expect(await world.ended(approved.arn)).toMatchObject({ status: 'SUCCEEDED' });
});

test('a token that comes while the one before it is told stays, and is told next', async () => {
  await using machine = await approvalMachine();
  const { audit, ask } = machine;
  const { approvalId } = await ask('retried');
  await recordDecision(audit, { approvalId, ...yes });
  const query: Database['query'] = async (sql, params) => {
    if (sql.includes('set jeton = null')) {
      await audit.server.sql(`update t41_approbation set jeton = 'newer' where approbation_id = $1`, [approvalId]);
    }
    return await audit.db.query(sql, params);
  };
  expect(await answerWaiting({ ...audit, db: { ...audit.db, query } }, approvalId)).toBe('told');
  expect(await tokenOf(audit, approvalId)).toBe('newer');
  expect(await answerWaiting(audit, approvalId)).toBe('over');
  expect(await tokenOf(audit, approvalId)).toBeNull();
});

test('where nobody can be told the decision stands, and says what to do', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const { arn, approvalId } = await ask('unreachable');
  const url = process.env.AWS_ENDPOINT_URL_SFN ?? '';
  process.env.AWS_ENDPOINT_URL_SFN = 'http://127.0.0.1:9';
  await expect(decideApproval(audit, { approvalId, ...yes })).rejects.toMatchObject({ name: 'Transient' });
  const { findings } = await sweep(audit);
  expect(findings).toMatchObject([
    { kind: 'answer', outcome: 'failed', because: expect.stringMatching(/could not be reached/) },
  ]);
  expect(await findApproval(audit.db, approvalId)).toMatchObject({ status: 'APPROUVE' });
  process.env.AWS_ENDPOINT_URL_SFN = url;
  expect(await decideApproval(audit, { approvalId, ...yes })).toMatchObject({ changed: false, waiting: 'told' });
  expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
});

test('whoever asks says which execution it is', async () => {
  await using machine = await approvalMachine();
  const { execution: _, ...event } = EVENT;
  const asking = await import('../../functions/approval.ts');
  await expect(asking.handler(event, CONTEXT)).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringMatching(/execution: expected/),
  });
  expect(await approvalEvents(machine.audit)).toEqual([]);
});

test('no line of the function has the token, whatever the logger is told to log', async () => {
  await using audit = await testAudit();
  const call = `const { handler } = await import(${JSON.stringify(import.meta.resolve('../../functions/approval.ts'))});
    console.log(await handler(${JSON.stringify(EVENT)}, { ...${JSON.stringify(CONTEXT)}, getRemainingTimeInMillis: () => 60_000 }));`;
  const env = {
    ...process.env,
    ...audit.storage.env,
    DATABASE_URL: audit.server.url,
    POWERTOOLS_LOGGER_LOG_EVENT: 'true',
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
  };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', call], { env });
  expect(stdout).toContain("id: '1'");
  expect(stdout + stderr).not.toContain(EVENT.token);
  expect(await tokenOf(audit, 1)).toBe(EVENT.token);
});

const EVENT = {
  token: 's3cret-token',
  kind: 'import',
  target: 'crm.gold.sales',
  sha256: 'ab'.repeat(32),
  fingerprint: '',
  user: 'paul',
  execution: 'import-1',
};
const CONTEXT = { functionName: 'approval', getRemainingTimeInMillis: () => 60_000 } as Parameters<typeof handler>[1];

function tokenOfCall(call: unknown): string {
  const { payload } = call as { readonly payload: { readonly token: string } };
  return payload.token;
}
