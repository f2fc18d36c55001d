import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import type { RetentionPolicy } from '@datasens/core/expiry/retention-policy.ts';
import { expect } from 'vitest';
import type { TestAudit } from './audit.ts';
import { daysAgo, deletionsOf, expectWholeOrMarked, expiryDeps, keysBelow, runExpiry } from './expiry-world.ts';
import { crashAfterChange, faultyDatabase, faultyStore } from './fault.ts';
import { storeDump, storedPrefix } from './stored-dump.ts';

/** What the bucket is like, besides what the expiry finds in each. Both are told the prefix of the dump that is to go. */
export interface BucketHabits {
  /** What somebody has done to the dump's objects before. */
  before?(prefix: string): Promise<void>;
  /** Lets the one object go that `before` had a lock keep: until then the dump is `locked`, and the rest of it gone. */
  release?(prefix: string): Promise<void>;
}

/**
 * Crashes an expiry after each of its steps that change what is stored, one after the other, each time with a dump and rejects that are to go, and
 * a dump that stays. No promise is broken, and the next run finishes it. `policy` keeps one of a lineage, and no rejects
 * of October 2026.
 */
export async function expectSurvivesCrashes(
  audit: TestAudit,
  policy: RetentionPolicy,
  { before, release }: BucketHabits = {},
): Promise<void> {
  for (let n = 1; ; n += 1) {
    // Each with a lineage of its own.
    const [old, young, rejects] = [2 * n - 1, 2 * n, 10_000 + n];
    const [due, kept] = [1, 0].map((days) => ({ createdAt: daysAgo(days), lineage: `l${n}` })) as [Place, Place];
    await storeDump(audit, old, due);
    await storeDump(audit, young, kept);
    await audit.store.put(`rejected/20261001T000000Z-${rejects}/rejects.ndjson`, [Buffer.from('{}')]);
    await before?.(storedPrefix(old, due));

    const steps = crashAfterChange(n);
    const deps = { ...expiryDeps(audit), db: faultyDatabase(audit.db, steps), store: faultyStore(audit.store, steps) };
    const crash = await runExpiry(deps, policy).catch((error: unknown) => error);
    const isThrough = steps.taken.length < n;
    if (!isThrough && crash instanceof Error) expect(crash.message, `step ${n}`).toBe('crash');
    for (const dumpId of [old, young]) await expectWholeOrMarked(audit, dumpId);

    if (release) {
      expect((await runExpiry(expiryDeps(audit), policy)).of(old), `step ${n}`).toMatchObject({ outcome: 'locked' });
      for (const dumpId of [old, young]) await expectWholeOrMarked(audit, dumpId);
      expect(await keysBelow(audit.store, storedPrefix(old, due)), `step ${n}`).toHaveLength(1);
      await release(storedPrefix(old, due));
    }
    await runExpiry(expiryDeps(audit), policy);
    for (const dumpId of [old, young]) await expectWholeOrMarked(audit, dumpId);
    expect((await deletionsOf(audit, old)).length, `step ${n}`).toBe(2);
    expect((await deletionsOf(audit, young)).length).toBe(0);
    expect(await keysBelow(audit.store, 'rejected/')).toEqual([]);
    expect((await deletionsOf(audit, rejects)).at(-1)).toMatchObject({ phase: 'certified', what: 'rejects' });
    if (!isThrough) continue;
    // For the dump: marks, the tombstone, its objects, the certificate; the same for the rejects; and the mirror of each.
    expect(n).toBeGreaterThan(20);
    expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
    return;
  }
}

interface Place {
  readonly createdAt: Date;
  readonly lineage: string;
}
