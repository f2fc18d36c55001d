import { randomBytes } from 'node:crypto';
import { findDump } from '../audit/find-dump.ts';
import { recordEvent } from '../audit/record-event.ts';
import { executionOf, isTriedAgain, recordFailure } from '../audit/record-failure.ts';
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

/** What became of a dump in the scratch database. */
export interface TestedDump {
  readonly durationMs: number;
  /** Whether the dump is encrypted: what a server says of it may quote rows. One that cannot be opened is taken for one. */
  readonly sensitive: boolean;
  readonly comparison?: Comparison;
  /** Why it is not proven. */
  readonly error?: unknown;
}

const SCRATCH = 'scratch';

/**
 * Restores a dump into a scratch database, compares it with its proof, and drops it. Journals PROUVE, or ECHEC with the
 * reason: but for what a workflow tries again. Owners, privileges and policies are left out, for the scratch server need
 * not know the roles; of text only the order depends on its locales.
 */
export async function testDump(
  deps: RestoreDeps,
  dumpId: number,
  { scratch, user }: RestoreTestRequest,
): Promise<TestedDump> {
  const started = performance.now();
  const durationMs = () => Math.round(performance.now() - started);
  const into = describeTarget(scratch);
  let sensitive = true;
  try {
    const comparison = await whileStored(deps, dumpId, async () => {
      // Under the lock: an expiry may have taken it.
      const opened = await openDump(deps, await findDump(deps.db, String(dumpId)));
      sensitive = opened.manifest.encryption !== undefined;
      return await restoreAside(deps, opened, scratch, user);
    });
    const { level, tables } = comparison;
    const detail = { into, scratch: true, level, tables: tables.length, ...executionOf(deps) };
    await recordEvent(deps, { event: 'PROUVE', dumpId, user, detail });
    return { durationMs: durationMs(), sensitive, comparison };
  } catch (error) {
    if (!isTriedAgain(deps, error)) {
      await recordFailure(deps, { dumpId, user, error, detail: { doing: 'restore-test', into }, sensitive });
    }
    return { durationMs: durationMs(), sensitive, error };
  }
}

async function restoreAside(
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
