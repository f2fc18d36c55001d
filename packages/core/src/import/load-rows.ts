import type { ImportMode, ImportPath } from '../audit/import-entry.ts';
import type { LoadTable } from '../postgres/load-table.ts';
import { choosePath } from './choose-path.ts';
import type { ImportDeps } from './import-request.ts';
import type { LateKey, LoadJob, LoadOutcome } from './load-job.ts';
import type { LoadColumn } from './plan-import.ts';
import { emptyTable, makeRoomFor } from './prepare-table.ts';
import { type RejectList, type RejectListOptions, rejectList } from './rejects/reject-list.ts';
import { formatRejectsReading } from './rejects/rejects-reading.ts';
import type { Column } from './types/infer-columns.ts';
import { widenColumns } from './widen-columns.ts';

export interface Loaded extends Omit<Extract<LoadOutcome, { kind: 'loaded' }>, 'kind'> {
  readonly path: ImportPath;
  readonly pathBecause?: string;
  readonly columns: readonly LoadColumn[];
  readonly rowsRejected: number;
  readonly rejectsUri: string | null;
  readonly rejects: RejectList['first'];
}

export interface LoadPlan {
  readonly mode: ImportMode;
  /** As it was found; nothing where the import makes it. */
  readonly existing: LoadTable | undefined;
  readonly maxRejects: number;
  /** Where rejects are stored, and for whom. */
  readonly place: Pick<RejectListOptions, 'objects' | 'recipients'>;
  /** Where the columns of the file go, once all of them are known. */
  readonly plan: (columns: readonly Column[], late: LateKey) => readonly LoadColumn[];
}

/**
 * Loads a file, in as many passes as it takes: the fast path where it may do, then the tolerant one, and once more with
 * wider columns where a type was inferred too narrow, or with more where a later row names more. What a pass that failed did is rolled back, the table that it
 * made included.
 */
export async function loadRows(
  job: Omit<LoadJob, 'rejects' | 'deps'> & { readonly deps: ImportDeps },
  { mode, existing, maxRejects, place, plan }: LoadPlan,
): Promise<Loaded> {
  const { deps, session, reading, table, key } = job;
  let { columns } = job;
  let odd: string | undefined;
  await session.query('savepoint datasens_pass');
  for (;;) {
    const { path, because, load } = choosePath(reading, columns, { mode, odd });
    await makeRoomFor(session, table, existing, columns, key);
    if (mode === 'replace' && existing !== undefined) await emptyTable(session, table, existing);
    await using rejects = rejectList({
      store: deps.store,
      ...place,
      reading: formatRejectsReading(reading.rejectsFormat, columns, key),
      maxRejects,
      signal: deps.signal,
    });
    const pass: LoadJob = { ...job, columns, rejects };
    const outcome = await load(pass);
    if (outcome.kind === 'loaded') {
      const rejectsUri = await rejects.close();
      const { kind: _, ...loaded } = outcome;
      return {
        ...loaded,
        path,
        ...(because === undefined ? {} : { pathBecause: because }),
        columns,
        rowsRejected: rejects.count,
        rejectsUri,
        rejects: rejects.first,
      };
    }
    await session.query('rollback to savepoint datasens_pass');
    switch (outcome.kind) {
      case 'odd':
        odd = outcome.because;
        break;
      case 'broken type':
        columns = await widenColumns(pass, columns, outcome.column);
        break;
      case 'late key':
        if (!reading.findColumns) throw new Error('only a format that can find all columns tells of a late key');
        columns = plan(await reading.findColumns(job.source, deps.signal), outcome);
    }
  }
}
