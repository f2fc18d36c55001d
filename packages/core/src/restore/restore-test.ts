import { randomBytes } from 'node:crypto';
import { findDump } from '../audit/find-dump.ts';
import { listNewestDumps } from '../audit/newest-dumps.ts';
import { recordEvent } from '../audit/record-event.ts';
import { recordFailure } from '../audit/record-failure.ts';
import { whileStored } from '../audit/while-stored.ts';
import { type OpenedDump, openDump } from '../catalog/open-dump.ts';
import { findClientTools } from '../postgres/client-tools.ts';
import type { Comparison } from '../postgres/compare-proof.ts';
import { type DatabaseTarget, describeTarget, withDatabase } from '../postgres/target.ts';
import { planRestore } from './plan-restore.ts';
import type { RestoreDeps } from './restore-deps.ts';
import { restoreIntoNew } from './restore-into-new.ts';

export interface RestoreTestRequest {
  /** A database on the server to restore into; it is only connected through. */
  readonly scratch: DatabaseTarget;
  readonly user: string;
}

/** What became of the newest dump of one lineage. */
export interface TestedDump {
  readonly dumpId: number;
  readonly lineage: string;
  readonly durationMs: number;
  readonly comparison?: Comparison;
  /** Why it is not proven. */
  readonly error?: unknown;
}

const SCRATCH = 'scratch';

/**
 * Restores the newest dump of each lineage into a scratch database, compares it with its proof, and drops it. Journals
 * PROUVE, or ECHEC with the reason; one dump that fails keeps no other from being tested. Owners, privileges and
 * policies are left out, for the scratch server need not know the roles; of text only the order depends on its locales.
 */
export async function restoreTest(deps: RestoreDeps, { scratch, user }: RestoreTestRequest): Promise<TestedDump[]> {
  const tested: TestedDump[] = [];
  for (const dump of await listNewestDumps(deps.db, deps.now())) {
    const { dumpId, lineage } = dump;
    deps.signal.throwIfAborted();
    const started = performance.now();
    const durationMs = () => Math.round(performance.now() - started);
    // Until it is known, it is taken for one.
    let sensitive = true;
    try {
      const comparison = await whileStored(deps, dumpId, async () => {
        // Again, under the lock: an expiry may have taken it.
        const opened = await openDump(deps, await findDump(deps.db, String(dumpId)));
        sensitive = opened.manifest.encryption !== undefined;
        return await testDump(deps, opened, scratch, user);
      });
      const detail = {
        into: describeTarget(scratch),
        scratch: true,
        level: comparison.level,
        tables: comparison.tables.length,
      };
      await recordEvent(deps, { event: 'PROUVE', dumpId, user, detail });
      tested.push({ dumpId, lineage, durationMs: durationMs(), comparison });
    } catch (error) {
      await recordFailure(deps, {
        dumpId,
        user,
        error,
        detail: { doing: 'restore-test', into: describeTarget(scratch) },
        sensitive,
      });
      tested.push({ dumpId, lineage, durationMs: durationMs(), error });
    }
  }
  return tested;
}

async function testDump(
  deps: RestoreDeps,
  { manifest }: OpenedDump,
  scratch: DatabaseTarget,
  user: string,
): Promise<Comparison> {
  // A name that nobody has: the dump is restored under a temporary one, and never gets it.
  const target = withDatabase(scratch, `datasens_scratch_${randomBytes(8).toString('hex')}`);
  const scratchDeps = { ...deps, sources: new Map([...deps.sources, [SCRATCH, target]]) };
  const plan = await planRestore(scratchDeps, {
    dump: String(manifest.dumpId),
    into: SCRATCH,
    owners: false,
    privileges: false,
    // A plain dump is restored as it stands.
    policies: manifest.dumpFormat === 'plain',
    prove: true,
    needsRoom: true,
    user,
  });
  const tools = await findClientTools(plan.serverMajor, deps.toolSearch);
  return restoreIntoNew(scratchDeps, plan, target, tools, { keep: false, anyLocale: true });
}
