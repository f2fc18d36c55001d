import { findDump } from '@datasens/core/audit/find-dump.ts';
import { eventKey } from '@datasens/core/audit/journal-store.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { prefixOf } from '@datasens/core/catalog/manifest.ts';
import type { Deps } from '@datasens/core/deps.ts';
import { type ExpiryLine, expire } from '@datasens/core/expiry/expire.ts';
import { DEFAULT_POLICY, type RetentionPolicy } from '@datasens/core/expiry/retention-policy.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { expect } from 'vitest';
import type { TestAudit } from './audit.ts';
import { EXPIRY_NOW } from './expiry-clock.ts';
import { storeDump } from './stored-dump.ts';

const DAY_MS = 86_400_000;

export function daysAgo(days: number): Date {
  return new Date(EXPIRY_NOW.getTime() - days * DAY_MS);
}

/** What a job is given at that time. */
export function expiryDeps(audit: TestAudit, now = EXPIRY_NOW): Deps {
  return { ...audit, now: () => now };
}

/** Dumps 1 to `count`, a day apart, the last one of today. */
export async function storeDaily(audit: TestAudit, count: number): Promise<void> {
  for (let dumpId = 1; dumpId <= count; dumpId += 1) {
    await storeDump(audit, dumpId, { createdAt: daysAgo(count - dumpId) });
  }
}

/** An expiry with its lines, and the line of a dump. */
export async function runExpiry(deps: Deps, policy: RetentionPolicy = DEFAULT_POLICY, dryRun = false) {
  const lines: ExpiryLine[] = [];
  const result = await expire(deps, { policy, dryRun, user: 'paul', onLine: (line) => lines.push(line) });
  return { ...result, lines, of: (dumpId: number) => lines.find((line) => line.dumpId === dumpId) };
}

export async function keysBelow(store: BlobStore, prefix: string): Promise<string[]> {
  const { blobs } = await store.list(prefix);
  return blobs.map(({ key }) => key);
}

/** The status of each dump, by its id. */
export async function statusesOf({ server }: TestAudit): Promise<Record<string, string>> {
  const rows = await server.sql<{ id: number; status: string }>(
    'select dump_id as id, statut as status from t38_dump_audit',
  );
  return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
}

/** The details of a dump's events SUPPRIME, in order. */
export async function deletionsOf({ server }: TestAudit, dumpId: number) {
  const rows = await server.sql<{ detail: string }>(
    `select detail from t39_dump_evenement where evenement = 'SUPPRIME' and dump_id = $1 order by seq`,
    [dumpId],
  );
  return rows.map(({ detail }) => JSON.parse(detail));
}

/** What holds after anything: no row promises what is gone, what is certified is gone in every version, the journal is whole. */
export async function expectExpiryInvariants(audit: TestAudit): Promise<void> {
  for (const id of Object.keys(await statusesOf(audit))) await expectWholeOrMarked(audit, Number(id));
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
}

/** The same of one dump that `storeDump` made. */
export async function expectWholeOrMarked(audit: TestAudit, dumpId: number): Promise<void> {
  const dump = await findDump(audit.db, String(dumpId));
  const prefix = prefixOf(dump.key);
  const stored = await keysBelow(audit.store, prefix);
  const phases = (await deletionsOf(audit, dumpId)).map(({ phase }) => phase);
  expect.soft(phases, `dump ${dumpId}`).toEqual(['marked', 'certified'].slice(0, phases.length));
  expect.soft(dump.status === 'SUPPRIME', `dump ${dumpId}`).toBe(phases.length > 0);
  if (stored.length < 3) {
    const tombstone = await audit.storage.outside.read(`tombstones/${prefix.slice(0, -1)}.json`);
    const mark = JSON.parse(tombstone.toString());
    expect(mark).toMatchObject({ dumpId, event: 'SUPPRIME', detail: { phase: 'marked' } });
    expect(await audit.storage.outside.read(eventKey(mark.seq)), 'the mark is mirrored').toEqual(tombstone);
    expect(stored).not.toContain(`${prefix}manifest.json`);
  }
  if (phases.length === 2) expect((await audit.store.versions(prefix)).versions).toEqual([]);
}
