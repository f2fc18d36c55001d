import {
  approvalEvents,
  approvalRequest,
  approved,
  daysLater,
  intentOf,
  journalText,
  tokenOf,
} from '@datasens/testkit/approval-world.ts';
import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { crashAt, faultyDatabase } from '@datasens/testkit/fault.ts';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { verifyJournal } from '../audit/verify-journal.ts';
import { decideApproval } from './decide-approval.ts';
import { expectApproval } from './expect-approval.ts';
import { findApproval } from './find-approval.ts';
import { listApprovals } from './list-approvals.ts';
import { parseProtectedTables } from './protected-tables.ts';
import { requestApproval } from './request-approval.ts';
import { useApproval } from './use-approval.ts';

const refusal = (name: string, message: RegExp) =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

const ask = async (audit: TestAudit, overrides: Parameters<typeof approvalRequest>[0] = {}) =>
  (await requestApproval(audit, approvalRequest(overrides))).approval.approvalId;

const approve = (audit: TestAudit, approvalId: number, user = 'claire') =>
  decideApproval(audit, { approvalId, decision: 'approved', user });

const reject = (audit: TestAudit, approvalId: number, user = 'claire', comment = 'the figures of March are missing') =>
  decideApproval(audit, { approvalId, decision: 'rejected', user, comment });

describe('asked for', () => {
  test('it says who asks, for what, what changes and until when, and the journal has all of that', async () => {
    await using audit = await testAudit();
    const now = new Date('2026-11-27T10:00:00.250Z');
    const request = approvalRequest({ execution: 'import-1' });
    const { approval, created } = await requestApproval({ ...audit, now: () => now }, request);
    const { user, expiresInMs: _, changes, ...asked } = request;
    expect(created).toBe(true);
    expect(approval).toEqual({
      ...asked,
      approvalId: 1,
      changes: { ...changes, schemaCount: 1 },
      requestedBy: user,
      requestedAt: '2026-11-27T10:00:00.25Z',
      expiresAt: '2026-11-30T10:00:00.25Z',
      status: 'EN_ATTENTE',
      decidedBy: null,
      decidedAt: null,
      comment: null,
      usedBy: null,
      voidBecause: null,
    });
    const [event] = await audit.server.sql<{ user: string; detail: string }>(
      `select utilisateur as user, detail from t39_dump_evenement where evenement = 'DEMANDE'`,
    );
    expect(event?.user).toBe('paul');
    expect(JSON.parse(event?.detail ?? '')).toEqual({ approval: 1, target: 'crm.gold.sales', execution: 'import-1' });
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });

  test('an execution has one request however often it asks, and the newest token waits', async () => {
    await using audit = await testAudit();
    const asked = (token: string) => requestApproval(audit, approvalRequest({ execution: 'import-1', token }));
    const [first, again] = [await asked('one'), await asked('two')];
    expect(again).toMatchObject({ created: false, approval: first.approval });
    expect(await tokenOf(audit, 1)).toBe('two');
    expect(await approvalEvents(audit)).toEqual(['DEMANDE']);
  });

  test('of an execution that asks several times at once there is one request', async () => {
    await using audit = await testAudit();
    const calls = Array.from({ length: 5 }, () => requestApproval(audit, approvalRequest({ execution: 'import-1' })));
    const ends = await Promise.all(calls);
    expect(new Set(ends.map(({ approval }) => approval.approvalId)).size).toBe(1);
    expect(ends.filter(({ created }) => created)).toHaveLength(1);
    expect(await approvalEvents(audit)).toEqual(['DEMANDE']);
  });

  test('an execution that asks for something else is told so', async () => {
    await using audit = await testAudit();
    await ask(audit, { execution: 'import-1' });
    const others = [
      { sha256: 'ef'.repeat(32) },
      { fingerprint: '' },
      { target: 'crm.gold.other' },
      { kind: 'restore' },
      { user: 'marie' },
    ] as const;
    for (const other of others) {
      await expect(ask(audit, { execution: 'import-1', ...other })).rejects.toEqual(
        refusal('Conflict', /import-1 has asked for approval 1 already/),
      );
    }
    expect(await approvalEvents(audit)).toEqual(['DEMANDE']);
  });

  test('what T41 does not hold as it is is refused: nothing is cut', async () => {
    await using audit = await testAudit();
    const unfit = [
      [{ sha256: 'AB'.repeat(32) }, /sha256/],
      [{ fingerprint: 'none' }, /fingerprint/],
      [{ target: 'x'.repeat(501) }, /target/],
      [{ user: '' }, /requestedBy/],
      [{ user: 'a\0b' }, /NUL/],
      [{ token: 'x'.repeat(2_049) }, /token/],
      [{ execution: 'x'.repeat(101) }, /execution/],
    ] as const;
    for (const [overrides, message] of unfit) {
      await expect(ask(audit, overrides)).rejects.toEqual(refusal('InvalidInput', message));
    }
    expect(await approvalEvents(audit)).toEqual([]);
  });

  test('of more changes than an event takes the first are told, and how many there are', async () => {
    await using audit = await testAudit();
    const schema = Array.from({ length: 1_600 }, (_, n) => `column ${n} ${'"\u0001'.repeat(500)}`);
    const id = await ask(audit, { changes: { schema }, target: '"'.repeat(500), user: '"'.repeat(100) });
    const { changes } = await findApproval(audit.db, id);
    expect(changes).toMatchObject({ schemaCount: 1_600, schema: { length: 40 } });
    expect(changes?.schema[0]).toMatch(/^column 0 .*…$/s);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true });
  });

  test('what waits is listed until its term, the one that ends first first; the others on demand', async () => {
    await using audit = await testAudit();
    for (const days of [3, 1, 2]) await ask(audit, { expiresInMs: days * 86_400_000 });
    await approve(audit, await ask(audit));
    const listed = async (days: number, all = false) => {
      const { approvals } = await listApprovals(audit.db, { now: daysLater(audit, days).now(), all });
      return approvals.map(({ approvalId }) => approvalId);
    };
    expect(await listed(0)).toEqual([2, 3, 1]);
    expect(await listed(1.5)).toEqual([3, 1]);
    expect(await listed(1.5, true)).toEqual([4, 3, 2, 1]);
  });
});

describe('decided', () => {
  test('by another person, with the decision in the journal', async () => {
    await using audit = await testAudit();
    const yes = await approve(audit, await ask(audit));
    expect(yes).toMatchObject({
      changed: true,
      waiting: 'nobody',
      approval: { status: 'APPROUVE', decidedBy: 'claire', decidedAt: expect.stringMatching(/Z$/), comment: null },
    });
    const no = await reject(audit, await ask(audit));
    expect(no.approval).toMatchObject({ status: 'REFUSE', comment: 'the figures of March are missing' });
    expect(await approvalEvents(audit)).toEqual(['DEMANDE', 'APPROUVE', 'DEMANDE', 'REFUSE']);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });

  test.for(['paul', 'Paul', ' PAUL ', 'Ｐaul'])('not by the one who asks: %s', async (user) => {
    await using audit = await testAudit();
    const id = await ask(audit);
    for (const decide of [approve, reject]) {
      await expect(decide(audit, id, user)).rejects.toEqual(refusal('NotAllowed', /another person decides/));
    }
    expect((await findApproval(audit.db, id)).status).toBe('EN_ATTENTE');
  });

  test('not once it has expired', async () => {
    await using audit = await testAudit();
    const id = await ask(audit);
    const { expiresAt } = await findApproval(audit.db, id);
    const at = (time: number) => ({ ...audit, now: () => new Date(time) });
    for (const decide of [approve, reject]) {
      await expect(decide(at(Date.parse(expiresAt)), id)).rejects.toEqual(
        refusal('NotAllowed', new RegExp(`expired at ${expiresAt}`)),
      );
    }
    expect((await approve(at(Date.parse(expiresAt) - 1), id)).changed).toBe(true);
    // What was decided in time stays so.
    expect((await approve(daysLater(audit, 30), id)).changed).toBe(false);
  });

  test('a rejection says why', async () => {
    await using audit = await testAudit();
    const id = await ask(audit);
    for (const comment of ['', ' ']) {
      await expect(reject(audit, id, 'claire', comment)).rejects.toEqual(refusal('InvalidInput', /says why/));
    }
  });

  test('once: the same again by the same person is done already, anything else is a conflict', async () => {
    await using audit = await testAudit();
    const id = await ask(audit);
    await approve(audit, id);
    expect(await approve(audit, id, 'Claire')).toMatchObject({ changed: false, approval: { decidedBy: 'claire' } });
    await expect(approve(audit, id, 'marie')).rejects.toEqual(refusal('Conflict', /was approved by claire at .*final/));
    await expect(reject(audit, id)).rejects.toEqual(refusal('Conflict', /was approved by claire/));
    expect(await approvalEvents(audit)).toEqual(['DEMANDE', 'APPROUVE']);
  });

  test('by one of two who decide at once; the other is told who', async () => {
    await using audit = await testAudit();
    for (let round = 0; round < 10; round += 1) {
      const id = await ask(audit);
      const ends = await Promise.allSettled([approve(audit, id, 'claire'), reject(audit, id, 'marie')]);
      expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const { decidedBy } = await findApproval(audit.db, id);
      const lost = ends.find((end) => end.status === 'rejected');
      expect(lost?.reason).toEqual(refusal('Conflict', new RegExp(`by ${decidedBy}`)));
    }
    expect(await approvalEvents(audit)).toHaveLength(20);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true });
  });

  test('only where there is one', async () => {
    await using audit = await testAudit();
    await expect(approve(audit, 7)).rejects.toEqual(refusal('NotFound', /no approval 7: datasens approvals/));
  });
});

describe('used', () => {
  test('once, by the execution that asked, however often it tries', async () => {
    await using audit = await testAudit();
    const request = approvalRequest({ execution: 'import-1' });
    const { approvalId } = await approved(audit, request);
    const use = (overrides = {}) => useApproval(audit, approvalId, intentOf(request, overrides));
    await expect(use({ execution: 'import-2' })).rejects.toEqual(
      refusal('NotAllowed', /that of the execution import-1/),
    );
    await expect(use({ execution: undefined })).rejects.toEqual(
      refusal('NotAllowed', /that of the execution import-1/),
    );
    expect(await use()).toMatchObject({ status: 'UTILISE', usedBy: 'import-1' });
    expect(await use({ attempt: 'attempt 2' })).toMatchObject({ status: 'UTILISE', usedBy: 'import-1' });
    expect(await approvalEvents(audit)).toEqual(['DEMANDE', 'APPROUVE', 'UTILISE']);
    expect((await approve(audit, approvalId)).changed).toBe(false);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });

  test('once, by one attempt of the person who asked', async () => {
    await using audit = await testAudit();
    const request = approvalRequest();
    const { approvalId } = await approved(audit, request);
    const use = (overrides = {}) => useApproval(audit, approvalId, intentOf(request, overrides));
    await expect(use({ user: 'claire' })).rejects.toEqual(refusal('NotAllowed', /that of paul alone/));
    await expect(use({ attempt: undefined })).rejects.toEqual(refusal('InvalidInput', /an execution or an attempt/));
    const attempts = ['attempt 1', 'attempt 2', 'attempt 3'];
    const ends = await Promise.allSettled(attempts.map((attempt) => use({ attempt })));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { usedBy } = await findApproval(audit.db, approvalId);
    for (const attempt of attempts) {
      if (attempt === usedBy) expect(await use({ attempt })).toMatchObject({ usedBy });
      else {
        await expect(use({ attempt })).rejects.toEqual(
          refusal('NotAllowed', new RegExp(`used by ${usedBy}.*counts once`)),
        );
      }
    }
    expect(await approvalEvents(audit)).toEqual(['DEMANDE', 'APPROUVE', 'UTILISE']);
  });

  test('a job that is killed right after it used it finds it used by itself', async () => {
    await using audit = await testAudit();
    const request = approvalRequest({ execution: 'import-1' });
    for (let n = 1; ; n += 1) {
      const asked = { ...request, execution: `import-${n}` };
      const { approvalId } = await approved(audit, asked);
      const steps = crashAt(n, 'after');
      const deps = { ...audit, db: faultyDatabase(audit.db, steps) };
      await useApproval(deps, approvalId, intentOf(asked)).catch((error: unknown) => {
        expect(error).toEqual(new Error('crash'));
      });
      expect(await useApproval(audit, approvalId, intentOf(asked))).toMatchObject({ status: 'UTILISE' });
      if (steps.taken.length < n) break;
    }
    const events = await approvalEvents(audit);
    expect(events.filter((event) => event === 'UTILISE')).toHaveLength(events.length / 3);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });

  test.for([
    ['other bytes', { sha256: 'ef'.repeat(32) }, /content has the SHA-256 ef/],
    ['another schema', { fingerprint: 'ef'.repeat(32) }, /schema of the target is another/],
    ['a table that is gone', { fingerprint: '' }, /schema of the target is another/],
    ['another target', { target: 'crm.gold.other' }, /target is crm.gold.other, and it was given for crm.gold.sales/],
    ['something else', { kind: 'restore' }, /this is a restore, and it was given for an import/],
  ] as const)('for %s it is void, and nobody uses it any more', async ([, overrides, because]) => {
    await using audit = await testAudit();
    const request = approvalRequest({ execution: 'import-1' });
    const { approvalId } = await approved(audit, request);
    const use = (more = {}) => useApproval(audit, approvalId, intentOf(request, more));
    await expect(use(overrides)).rejects.toEqual(refusal('NotAllowed', because));
    const { status, voidBecause } = await findApproval(audit.db, approvalId);
    expect(status).toBe('ANNULE');
    expect(voidBecause).toMatch(because);
    await expect(use()).rejects.toEqual(refusal('NotAllowed', /it is void: /));
    expect(await approvalEvents(audit)).toEqual(['DEMANDE', 'APPROUVE', 'ANNULE']);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
  });

  test('whoever mistakes a number voids nothing of others', async () => {
    await using audit = await testAudit();
    const theirs = await approved(audit, approvalRequest({ execution: 'import-1' }));
    const persons = await approved(audit, approvalRequest({ user: 'marie' }));
    const other = intentOf(approvalRequest({ target: 'crm.gold.other' }), { execution: 'import-2' });
    for (const { approvalId } of [theirs, persons]) {
      await expect(useApproval(audit, approvalId, other)).rejects.toEqual(refusal('NotAllowed', /alone/));
      expect((await findApproval(audit.db, approvalId)).status).toBe('APPROUVE');
    }
  });

  test('not before it is given, nor after it was rejected', async () => {
    await using audit = await testAudit();
    const request = approvalRequest();
    const id = await ask(audit);
    await expect(useApproval(audit, id, intentOf(request))).rejects.toEqual(
      refusal('NotAllowed', /nobody has decided/),
    );
    await reject(audit, id);
    await expect(useApproval(audit, id, intentOf(request))).rejects.toEqual(
      refusal('NotAllowed', /rejected by claire at .*: the figures of March are missing/),
    );
  });

  test('within seven days: what was approved is not done long after', async () => {
    await using audit = await testAudit();
    const request = approvalRequest({ expiresInMs: 60_000 });
    const [soon, late] = [await approved(audit, request), await approved(audit, request)];
    expect(await useApproval(daysLater(audit, 6), soon.approvalId, intentOf(request))).toMatchObject({
      status: 'UTILISE',
    });
    await expect(useApproval(daysLater(audit, 8), late.approvalId, intentOf(request))).rejects.toEqual(
      refusal('NotAllowed', /within seven days.*void now/),
    );
    expect((await findApproval(audit.db, late.approvalId)).status).toBe('ANNULE');
  });
});

test('nobody acts on a row that somebody has edited, or put there', async () => {
  await using audit = await testAudit();
  const request = approvalRequest({ execution: 'import-1' });
  const pending = await ask(audit, { execution: 'import-1' });
  const edit = (set: string) => audit.server.sql(`update t41_approbation set ${set} where approbation_id = 1`);
  const edited = refusal('Conflict', /approval 1 in t41_approbation: .*recorded was.*journal verify/);
  await edit(`statut = 'APPROUVE', decideur = 'claire', date_decision = now() at time zone 'UTC'`);
  await expect(useApproval(audit, pending, intentOf(request))).rejects.toEqual(edited);
  await edit(`statut = 'EN_ATTENTE', decideur = null, date_decision = null, demandeur = 'somebody'`);
  await expect(approve(audit, pending, 'paul')).rejects.toEqual(edited);
  await edit(`demandeur = 'paul'`);
  expect((await approve(audit, pending)).changed).toBe(true);
  await audit.server.sql(`insert into t41_approbation (approbation_id, type, cible, checksum_sha256, empreinte_schema,
      changements, demandeur, date_demande, date_expiration, statut, decideur, date_decision)
    select 9, type, cible, checksum_sha256, empreinte_schema, changements, demandeur, date_demande, date_expiration,
      statut, decideur, date_decision from t41_approbation`);
  const { execution: _, ...intent } = intentOf(request);
  await expect(useApproval(audit, 9, intent)).rejects.toEqual(refusal('Conflict', /approval 9 .*without an event/));
});

describe('expected by a job', () => {
  const gold = [{ schema: 'gold', name: 'sales' }];
  const silver = [{ schema: 'silver', name: 'sales' }];
  const intent = intentOf(approvalRequest());

  test('a protected table without one is refused, with its name and the remedy', async () => {
    await using audit = await testAudit();
    await expect(expectApproval(audit, { ...intent, tables: [...silver, ...gold] })).rejects.toEqual(
      refusal(
        'NotAllowed',
        /^"gold"."sales" is protected.*crm.gold.sales needs the approval of another person than paul.*workflow.*datasens approve/,
      ),
    );
    await expect(expectApproval(audit, { ...intent, tables: gold, execution: 'import-1' })).rejects.toThrow(
      'protected',
    );
    const protectedTables = parseProtectedTables('silver.*', 'test');
    await expect(expectApproval({ ...audit, protectedTables }, { ...intent, tables: silver })).rejects.toThrow(
      'silver',
    );
    expect(await expectApproval({ ...audit, protectedTables }, { ...intent, tables: gold })).toBeUndefined();
  });

  test('what is not protected needs none, unless there is another reason', async () => {
    await using audit = await testAudit();
    expect(await expectApproval(audit, { ...intent, tables: silver })).toBeUndefined();
    expect(await expectApproval(audit, { ...intent, tables: [] })).toBeUndefined();
    await expect(expectApproval(audit, { ...intent, tables: silver, because: 'dump 7 has expired' })).rejects.toEqual(
      refusal('NotAllowed', /^dump 7 has expired: .*needs the approval/),
    );
  });

  test('the one that is named, or that its execution has, is found, and not used up by looking', async () => {
    await using audit = await testAudit();
    const named = await approved(audit);
    const byExecution = await approved(audit, approvalRequest({ execution: 'import-1' }));
    const { approvalId } = named;
    expect(await expectApproval(audit, { ...intent, tables: gold, approvalId })).toEqual(named);
    expect(await expectApproval(audit, { ...intent, tables: gold, execution: 'import-1' })).toEqual(byExecution);
    // Before the content is read nobody knows its hash; what uses the approval compares it.
    const sha256 = undefined;
    expect(await expectApproval(audit, { ...intent, sha256, tables: gold, approvalId })).toEqual(named);
    expect(await approvalEvents(audit)).toEqual(['DEMANDE', 'APPROUVE', 'DEMANDE', 'APPROUVE']);
    await expect(expectApproval(audit, { ...intent, tables: gold, approvalId: 99 })).rejects.toEqual(
      refusal('NotFound', /no approval 99/),
    );
  });

  test('one that does not fit is refused with the table, and void', async () => {
    await using audit = await testAudit();
    const { approvalId } = await approved(audit);
    await expect(expectApproval(audit, { ...intent, tables: gold, approvalId, fingerprint: '' })).rejects.toEqual(
      refusal(
        'NotAllowed',
        /^"gold"."sales" is protected .*approval 1 does not allow this: the schema.*ask for another/,
      ),
    );
    expect((await findApproval(audit.db, approvalId)).status).toBe('ANNULE');
  });
});

test('the token stands in its column, and nowhere else', async () => {
  await using audit = await testAudit();
  // Where nobody listens.
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', 'http://127.0.0.1:9');
  onTestFinished(() => void vi.unstubAllEnvs());
  const said: unknown[] = [];
  const deps = { ...audit, log: (...line: unknown[]) => said.push(line) };
  const token = 'AQBEAAAAKgAAAAMAAAAA-s3cret-token';
  const request = approvalRequest({ execution: 'import-1', token });
  const { approval } = await requestApproval(deps, request);
  const { approvalId } = approval;
  await requestApproval(deps, request);
  const listed = await listApprovals(audit.db, { now: audit.now(), all: true });
  const untold: unknown = await approve(deps, approvalId).catch((error: unknown) => error);
  expect(untold).toEqual(refusal('Transient', /decision is recorded.*could not be reached.*Run this again/));
  said.push(untold, String(untold));
  await useApproval(deps, approvalId, intentOf(request));
  const report = await verifyJournal(deps);
  const shown = [approval, listed, said, report, await findApproval(audit.db, approvalId)];
  expect(JSON.stringify(shown)).not.toContain('s3cret');
  const text = await journalText(audit);
  expect(text).toContain('crm.gold.sales');
  expect(text).not.toContain('s3cret');
  expect(await tokenOf(audit, approvalId)).toBe(token);
});
