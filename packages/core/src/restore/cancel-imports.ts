import { cancelUndoneImports } from '../audit/last-imports.ts';
import { readProof } from '../catalog/read-proof.ts';
import type { Queryable } from '../postgres/database.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/** Imports that the restore has undone can be done again (design, invariant 5). */
export async function cancelImports(deps: RestoreDeps, plan: RestorePlan, tx: Queryable): Promise<void> {
  // The tables went into a schema that was not there: nothing was imported into those.
  if (plan.intoSchema !== null) return;
  const proof = await readProof(deps, plan);
  await cancelUndoneImports(tx, {
    tables: plan.tables?.proven ?? proof.tables.map(({ name }) => name),
    lastImports: plan.manifest.imports,
    dumpedAt: plan.manifest.createdAt,
  });
}
