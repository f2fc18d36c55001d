import { recordEvent } from '../audit/record-event.ts';
import { executionOf, recordFailure } from '../audit/record-failure.ts';
import { AppError, isAppError } from '../errors.ts';
import { sqlState } from '../postgres/server-error.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import type { Attempt } from './attempt.ts';
import { SHOWN_REJECTS } from './rejects/reject-list.ts';

/**
 * Journals a failure. Reasons may quote what stands in the file, and the journal is for ever: it has the lines alone. A
 * step of a workflow that may be taken again has not failed yet: what becomes of it is the workflow's to journal.
 */
export async function recordRefusal({ deps, request }: Attempt, dumpId: number, error: unknown): Promise<void> {
  const mayPass = isAppError(error, 'Transient') || isAppError(error, 'DeadlineExceeded') || deps.signal.aborted;
  if (deps.execution !== undefined && mayPass) return;
  const { user, source, table } = request;
  const detail = { doing: 'import', source: source.uri, table };
  if (!isAppError(error, 'TooManyRejects')) {
    await recordFailure(deps, { dumpId, user, error: withoutValues(error), detail });
    return;
  }
  const { count, lines } = rejectsOf(error);
  const { signal } = new AbortController();
  await recordEvent(
    { ...deps, signal },
    {
      event: 'REJETE',
      dumpId,
      user,
      detail: { ...detail, ...executionOf(deps), count, lines },
    },
  ).catch((unrecorded: unknown) =>
    deps.log('the refusal could not be journalled', { dumpId, because: String(unrecorded) }),
  );
}

/** So many, and the lines of the first of them. */
function rejectsOf({ details }: AppError): { readonly count: number; readonly lines: number[] } {
  const rejects = details.rejects as readonly { readonly line: number }[];
  return { count: Number(details.count), lines: rejects.map(({ line }) => line) };
}

/** The failure of an import as it may be told where it stays in the clear: without what stands in the file. */
export function withoutValues(error: unknown): unknown {
  if (isAppError(error, 'TooManyRejects')) {
    const { count, lines } = rejectsOf(error);
    const which = `${count > lines.length ? 'the first of them in' : 'in'} line${lines.length === 1 ? '' : 's'} ${lines.join(', ')}`;
    const rows = `${count} row${count === 1 ? '' : 's'}${count < SHOWN_REJECTS ? '' : ' or more'}`;
    return new AppError(
      'TooManyRejects',
      `${rows} cannot be loaded, ${which}, and ${Number(error.details.maxRejects)} may be left out: nothing was loaded. datasens import says what is wrong with each`,
    );
  }
  const state = sqlState(error);
  if (state === undefined) return error;
  return new AppError(
    isAppError(error) ? (error.name as 'Transient') : 'InvalidInput',
    `PostgreSQL: SQLSTATE ${state}`,
  );
}

/** What PostgreSQL has against the import as a whole is for the person to put right: no defect of ours. */
export function foreignError(error: unknown, target: DatabaseTarget): unknown {
  const state = sqlState(error);
  if (!(error instanceof Error) || isAppError(error) || !/^[0-9A-Z]{5}$/.test(state ?? '')) return error;
  const hint = 'hint' in error && error.hint ? `. ${String(error.hint)}` : '';
  return new AppError('InvalidInput', `PostgreSQL at ${describeTarget(target)}: ${error.message}${hint}`, {
    cause: error,
    sqlState: state,
  });
}
