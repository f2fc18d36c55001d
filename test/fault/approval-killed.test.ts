import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import { findApproval } from '@datasens/core/approval/find-approval.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { approvalMachine } from '@datasens/testkit/approval-machine.ts';
import { approvalEvents, tokenOf } from '@datasens/testkit/approval-world.ts';
import { inTime } from '@datasens/testkit/eventually.ts';
import { countSteps, faultyDatabase, faultyStore } from '@datasens/testkit/fault.ts';
import { reconcileDeps, runReconcile } from '@datasens/testkit/reconcile-world.ts';
import { expect, test } from 'vitest';
import type { ApprovalInput } from './approval.child.ts';
import { runChild } from './run-child.ts';

test('killed before it is recorded, after, and once the state was told: the decision comes to its end, once', async () => {
  await using machine = await approvalMachine();
  const { world, audit, ask } = machine;
  const yes = { decision: 'approved', user: 'claire' } as const;
  const counted = countSteps();
  const counting = { ...audit, db: faultyDatabase(audit.db, counted), store: faultyStore(audit.store, counted) };
  await decideApproval(counting, { approvalId: (await ask('counted')).approvalId, ...yes });
  const recorded = counted.taken.indexOf('commit') + 1;
  const forgotten = counted.taken.length;

  const cases = [
    { n: recorded, when: 'before', status: 'EN_ATTENTE', told: false },
    { n: recorded, when: 'after', status: 'APPROUVE', told: false },
    { n: forgotten, when: 'before', status: 'APPROUVE', told: true },
    { n: forgotten, when: 'after', status: 'APPROUVE', told: true },
  ] as const;
  for (const [index, { n, when, status, told }] of cases.entries()) {
    const { arn, approvalId } = await ask(`killed-${index}`);
    const input: ApprovalInput = { url: audit.server.url, approvalId, n, when };
    const env = { ...audit.storage.env, AWS_ENDPOINT_URL_SFN: world.api.url };
    expect(await runChild('approval.child.ts', JSON.stringify(input), env)).toBe('SIGKILL');
    expect(await findApproval(audit.db, approvalId)).toMatchObject({ status });
    if (told) expect(await world.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
    else expect(world.statusOf(arn)).toBe('RUNNING');

    // Whoever decided tries again, or reconcile comes by.
    if (index === 1) await runReconcile(reconcileDeps(audit, 0));
    else await decideApproval(audit, { approvalId, ...yes });
    expect(await inTime(world.ended(arn))).toMatchObject({
      status: 'SUCCEEDED',
      output: { approvalId, by: 'claire' },
    });
    expect(await tokenOf(audit, approvalId)).toBeNull();
  }
  const events = await approvalEvents(audit);
  expect(events).toEqual(Array.from({ length: 5 }, () => ['DEMANDE', 'APPROUVE']).flat());
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
});
