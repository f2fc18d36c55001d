import { createHash } from 'node:crypto';
import { mirrorJournal } from '@datasens/core/audit/mirror-journal.ts';
import { dumpPrefix } from '@datasens/core/catalog/dump-place.ts';
import { formatManifest, type Manifest, manifestKey } from '@datasens/core/catalog/manifest.ts';
import type { Deps } from '@datasens/core/deps.ts';
import { MINUTE_MS } from '../expiry/seed-dumps.ts';
import type { Bucket } from './place.ts';
import { writeAll } from './write-all.ts';

const LINEAGES = 100;
const BYTES = Buffer.from('an object of a dump of a bench');
const STORED = { sizeBytes: BYTES.byteLength, sha256: createHash('sha256').update(BYTES).digest('hex') };

/**
 * Fills a bucket with dumps 1 to `count` of a hundred lineages, three objects each, as they stand when their processes
 * were killed before they could register them: the journal of the database, which has just been migrated, knows none.
 */
export async function seedManifests(
  deps: Pick<Deps, 'db' | 'store' | 'signal'>,
  { put }: Pick<Bucket, 'put'>,
  count: number,
): Promise<void> {
  await mirrorJournal(deps);
  await writeAll(count, async (dumpId) => {
    const createdAt = new Date(Date.UTC(2026, 0, 1) + dumpId * MINUTE_MS);
    const manifest = manifestOf(dumpId, createdAt);
    const prefix = dumpPrefix({ ...manifest, selection: null }, createdAt);
    for (const { key } of Object.values(manifest.objects)) await put(`${prefix}${key}`, BYTES);
    await put(manifestKey(prefix), formatManifest(manifest));
  });
}

function manifestOf(dumpId: number, createdAt: Date) {
  return {
    format: 1,
    dumpId,
    type: 'SQL',
    source: `source${dumpId % LINEAGES}`,
    purpose: 'scheduled',
    selection: null,
    createdAt: createdAt.toISOString(),
    user: 'bench',
    comment: null,
    expiresAt: null,
    personal: false,
    database: { name: 'bench', encoding: 'UTF8', serverVersion: '15.18' },
    roles: { owners: ['bench'], named: [] },
    dumpFormat: 'custom',
    toolVersion: '15.18',
    proofLevel: 'content',
    tables: 1,
    rows: 1,
    objects: { data: { key: 'data.0f.dump', ...STORED }, proof: { key: 'proof.0f.json', ...STORED } },
  } satisfies Manifest;
}
