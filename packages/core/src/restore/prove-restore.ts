import { readProof } from '../catalog/read-proof.ts';
import { AppError } from '../errors.ts';
import { type Comparison, compareProof } from '../postgres/compare-proof.ts';
import type { Queryable } from '../postgres/database.ts';
import { PROOF_SETTINGS } from '../postgres/proof.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/**
 * Compares what the session sees with the dump's proof: row counts, and where the plan says so contents. Call it in
 * the transaction that restored, or in one of a database that nobody else knows. Throws `ProofFailed` with the
 * comparison when anything differs.
 */
export async function proveRestore(deps: RestoreDeps, plan: RestorePlan, session: Queryable): Promise<Comparison> {
  const { manifest, tables } = plan;
  deps.onProgress?.({ phase: 'prove', bytes: 0, bytesInAll: 0 });
  const proof = await readProof(deps, plan);
  // Whatever a script has set: the text of a value must be what it was when the proof was taken.
  for (const [name, value] of Object.entries(PROOF_SETTINGS)) {
    await session.query(`set ${quoteIdentifier(name.toLowerCase())} = ${quoteLiteral(value)}`);
  }
  const comparison = await compareProof(session, proof, {
    level: plan.prove ? 'content' : 'counts',
    tables: tables ? new Set(tables.proven) : undefined,
    ownLargeObjects: plan.mode !== 'create',
    definitions: Number.parseInt(manifest.database.serverVersion, 10) === plan.serverMajor,
  });
  if (comparison.equal) {
    deps.onProgress?.({ phase: 'finish', bytes: 0, bytesInAll: 0 });
    return comparison;
  }
  const different = [
    ...comparison.tables,
    ...comparison.sequences,
    ...comparison.materializedViews,
    ...(comparison.largeObjects ? [comparison.largeObjects] : []),
  ].filter(({ equal }) => !equal);
  throw new AppError(
    'ProofFailed',
    `what was restored of dump ${plan.dumpId} differs from its proof in ${different.length} of its objects: ` +
      `${different
        .slice(0, 5)
        .map(({ name }) => name)
        .join(', ')}${different.length > 5 ? ' …' : ''}. Nothing was kept`,
    { comparison },
  );
}
