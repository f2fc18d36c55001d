import { createHash } from 'node:crypto';
import { reserveDumpId } from '@datasens/core/audit/reserve-dump-id.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { adoptManifest } from '@datasens/core/catalog/adopt-manifest.ts';
import { dumpPrefix } from '@datasens/core/catalog/dump-place.ts';
import { findManifest } from '@datasens/core/catalog/find-manifest.ts';
import { formatManifest, type Manifest, manifestKey, prefixOf } from '@datasens/core/catalog/manifest.ts';
import { verifyObjects } from '@datasens/core/catalog/verify-objects.ts';
import { type Finding, KINDS } from '@datasens/core/reconcile/finding.ts';
import { type ReconcileRequest, reconcile } from '@datasens/core/reconcile/reconcile.ts';
import { expect } from 'vitest';
import type { TestAudit } from './audit.ts';

const DAY_MS = 86_400_000;

/** What a reconcile is given `days` after now: objects of a test are written now, whatever it says. */
export function reconcileDeps(audit: TestAudit, days = 30) {
  return { ...audit, now: () => new Date(Date.now() + days * DAY_MS), sources: new Map() };
}

/** A reconcile with all of its findings in one list. */
export async function runReconcile(deps: Parameters<typeof reconcile>[0], request: Partial<ReconcileRequest> = {}) {
  const result = await reconcile(deps, { olderThanMs: 7 * DAY_MS, dryRun: false, user: 'claire', ...request });
  const findings = KINDS.flatMap((kind): readonly Finding[] => result.kinds[kind].first);
  return { ...result, findings, of: (dumpId: number) => findings.find((finding) => finding.dumpId === dumpId) };
}

export interface StagedBytes {
  readonly dumpId: number;
  readonly prefix: string;
  readonly manifest: Manifest;
}

/** The bytes of a dump, as small as can be, that was killed before its manifest. */
export async function stageBytes({ db, store, now }: TestAudit, given?: number): Promise<StagedBytes> {
  const dumpId = given ?? (await reserveDumpId(db));
  const createdAt = now();
  const place = { dumpId, source: 'default', purpose: 'scheduled', selection: null } as const;
  const prefix = dumpPrefix(place, createdAt);
  const objectOf = async (name: string, text: string) => {
    const bytes = Buffer.from(text);
    await store.put(`${prefix}${name}`, [bytes]);
    return { key: name, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const objects = {
    data: await objectOf('data.0f.dump', `dump ${dumpId}`),
    proof: await objectOf('proof.0f.json', '{}'),
  };
  const manifest: Manifest = {
    format: 1,
    ...place,
    type: 'SQL',
    createdAt: createdAt.toISOString(),
    user: 'claire',
    comment: null,
    expiresAt: null,
    personal: false,
    database: { name: 'crm', encoding: 'UTF8', serverVersion: '15.1' },
    roles: { owners: [], named: [] },
    dumpFormat: 'custom',
    toolVersion: '15.1',
    proofLevel: 'none',
    tables: 0,
    rows: null,
    objects,
  };
  return { dumpId, prefix, manifest };
}

/** The same, killed between its manifest and its row. */
export async function commitBytes(audit: TestAudit): Promise<StagedBytes> {
  const staged = await stageBytes(audit);
  await audit.store.put(manifestKey(staged.prefix), [formatManifest(staged.manifest)]);
  return staged;
}

/** The same, registered. */
export async function registerBytes(audit: TestAudit): Promise<StagedBytes> {
  const staged = await commitBytes(audit);
  await adoptManifest(audit, staged.prefix);
  return staged;
}

/** What holds after anything: each manifest's bytes are whole, each row has its manifest, the journal is whole. */
export async function expectReconcileInvariants(audit: TestAudit): Promise<void> {
  const { store, signal } = audit;
  const { blobs } = await store.list('dumps/');
  const prefixes = blobs.filter(({ key }) => key.endsWith('/manifest.json')).map(({ key }) => prefixOf(key));
  for (const prefix of prefixes) {
    const found = await findManifest(store, prefix, signal);
    if (found) await verifyObjects(store, prefix, found.manifest, { signal });
  }
  const rows = await audit.server.sql<{ chemin: string }>('select chemin from t38_dump_audit');
  for (const { chemin } of rows) expect(prefixes).toContain(prefixOf(chemin));
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, problems: [] });
}
