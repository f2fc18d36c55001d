import type { Deps } from '../deps.ts';
import type { UnfinishedWrite } from '../storage/blob-store.ts';

export interface ReconcileRequest {
  /** What is younger may still be somebody's work. */
  readonly olderThanMs: number;
  /** Whether it only tells what it would do. */
  readonly dryRun: boolean;
}

export interface ReconcileResult {
  /** In all. */
  readonly count: number;
  /** The first `LISTED` of them. */
  readonly unfinished: readonly UnfinishedWrite[];
}

export const LISTED = 1_000;

/**
 * Finds what writers have left in the bucket who were killed, and removes it: the parts of uploads that nobody will
 * complete. They are no object, so that no dump is lost with them; a writer that is still at it fails with `Transient`.
 */
export async function reconcile(
  { store, now, signal }: Pick<Deps, 'store' | 'now' | 'signal'>,
  { olderThanMs, dryRun }: ReconcileRequest,
): Promise<ReconcileResult> {
  const unfinished: UnfinishedWrite[] = [];
  let count = 0;
  for await (const write of store.unfinished(new Date(now().getTime() - olderThanMs), { signal })) {
    if (!dryRun) await store.discardUnfinished(write, { signal });
    count += 1;
    if (unfinished.length < LISTED) unfinished.push(write);
  }
  return { count, unfinished };
}
