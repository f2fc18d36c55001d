import { recordFailure } from '../audit/record-failure.ts';
import { readProof } from '../catalog/read-proof.ts';
import type { Proof } from '../postgres/proof.ts';
import { type CommittedDump, commitDump } from './commit-dump.ts';
import type { DumpDeps } from './dump-deps.ts';
import type { DumpRequest } from './dump-plan.ts';
import { planDump } from './plan-dump.ts';
import { stageDump } from './stage-dump.ts';
import { verifyStaged } from './verify-staged.ts';

export interface DumpResult extends CommittedDump {
  /** Null where it is encrypted: who dumps cannot read it, and whoever is shown it could try contents by its hashes. */
  readonly proof: Proof | null;
}

/**
 * A dump from request to registered artefact: preflight, stage, verify, commit, the states of workflows/dump in one
 * call. A dump that fails after its id was reserved leaves an ECHEC in the journal, and nothing else.
 */
export async function runDump(deps: DumpDeps, request: DumpRequest): Promise<DumpResult> {
  const plan = await planDump(deps, request);
  try {
    const staged = await verifyStaged(deps, await stageDump(deps, plan));
    // Before the commit: after it the dump stands, and nothing may fail it any more.
    const proof = staged.manifest.encryption ? null : await readProof(deps, staged);
    return { ...(await commitDump(deps, staged)), proof };
  } catch (error) {
    const { dumpId, user, source, sensitive } = plan;
    await recordFailure(deps, { dumpId, user, error, detail: { source }, sensitive });
    throw error;
  }
}
