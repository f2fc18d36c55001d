import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { DEFAULT_POLICY } from '@datasens/core/expiry/retention-policy.ts';
import { testAudit } from '@datasens/testkit/audit.ts';
import {
  daysAgo,
  deletionsOf,
  expectWholeOrMarked,
  expiryDeps,
  keysBelow,
  runExpiry,
} from '@datasens/testkit/expiry-world.ts';
import { crashAt, faultyDatabase, faultyStore } from '@datasens/testkit/fault.ts';
import { storeDump } from '@datasens/testkit/stored-dump.ts';
import { expect, test, vi } from 'vitest';
import type { ExpiryChildInput } from './expiry.child.ts';
import { runChild } from './run-child.ts';

const policy = { ...DEFAULT_POLICY, rules: [{ name: 'one', match: {}, keepLast: 1 }], rejectedMs: 30 * 86_400_000 };

test('crashed after any step, it has broken no promise, and the next run finishes it', async () => {
  await using audit = await testAudit();
  for (let n = 1; ; n += 1) {
    // Each with a lineage of its own: two dumps, of which the first is to go, and rejects that are due.
    const [old, young, rejects] = [2 * n - 1, 2 * n, 10_000 + n];
    await storeDump(audit, old, { createdAt: daysAgo(1), lineage: `l${n}` });
    await storeDump(audit, young, { createdAt: daysAgo(0), lineage: `l${n}` });
    await audit.store.put(`rejected/20261001T000000Z-${rejects}/rejects.ndjson`, [Buffer.from('{}')]);

    const steps = crashAt(n, 'after');
    const deps = { ...expiryDeps(audit), db: faultyDatabase(audit.db, steps), store: faultyStore(audit.store, steps) };
    const crash = await runExpiry(deps, policy).catch((error: unknown) => error);
    const isThrough = steps.taken.length < n;
    if (!isThrough && crash instanceof Error) expect(crash.message, `step ${n}`).toBe('crash');
    for (const dumpId of [old, young]) await expectWholeOrMarked(audit, dumpId);

    await runExpiry(expiryDeps(audit), policy);
    for (const dumpId of [old, young]) await expectWholeOrMarked(audit, dumpId);
    expect((await deletionsOf(audit, old)).length, `step ${n}`).toBe(2);
    expect((await deletionsOf(audit, young)).length).toBe(0);
    expect(await keysBelow(audit.store, 'rejected/')).toEqual([]);
    expect((await deletionsOf(audit, rejects)).at(-1)).toMatchObject({ phase: 'certified', what: 'rejects' });
    if (!isThrough) continue;
    expect(n).toBeGreaterThan(60);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
    return;
  }
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
    await vi.waitUntil(async () => (await locks()).length === 0, { timeout: 30_000 });
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
