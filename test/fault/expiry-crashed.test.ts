import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { DEFAULT_POLICY } from '@datasens/core/expiry/retention-policy.ts';
import { testAudit } from '@datasens/testkit/audit.ts';
import { expectSurvivesCrashes } from '@datasens/testkit/crashed-expiry.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { daysAgo, deletionsOf, expectWholeOrMarked, expiryDeps, runExpiry } from '@datasens/testkit/expiry-world.ts';
import { storeDump } from '@datasens/testkit/stored-dump.ts';
import { expect, test } from 'vitest';
import type { ExpiryChildInput } from './expiry.child.ts';
import { runChild } from './run-child.ts';

const policy = { ...DEFAULT_POLICY, rules: [{ name: 'one', match: {}, keepLast: 1 }], rejectedMs: 30 * 86_400_000 };

test('crashed after any step, it has broken no promise, and the next run finishes it', async () => {
  await using audit = await testAudit();
  await expectSurvivesCrashes(audit, policy);
}, 300_000);

test('killed for real, it leaves no lock behind, and the next run finishes it', async () => {
  await using audit = await testAudit();
  const locks = () =>
    audit.server.sql(`select from pg_locks where locktype = 'advisory' and database =
    (select oid from pg_database where datname = current_database())`);
  // Some of the steps: which promise holds after each is the test above.
  for (let n = 5; ; n += 6) {
    const [old, young] = [2 * n, 2 * n + 1];
    await storeDump(audit, old, { createdAt: daysAgo(1), lineage: `l${n}` });
    await storeDump(audit, young, { createdAt: daysAgo(0), lineage: `l${n}` });
    const input: ExpiryChildInput = { url: audit.server.url, policy, n };
    const end = await runChild('expiry.child.ts', JSON.stringify(input), audit.storage.env);
    for (const dumpId of [old, young]) await expectWholeOrMarked(audit, dumpId);
    await until(async () => (await locks()).length === 0);
    await runExpiry(expiryDeps(audit), policy);
    for (const dumpId of [old, young]) await expectWholeOrMarked(audit, dumpId);
    expect((await deletionsOf(audit, old)).length, `step ${n}`).toBe(2);
    if (end === 'SIGKILL') continue;
    expect(end).toBe(0);
    expect(n).toBeGreaterThan(40);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
    return;
  }
});
